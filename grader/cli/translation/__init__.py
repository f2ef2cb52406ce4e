"""An edition of an assignment in another language: notebooks made from the original's code and a translator's texts."""
