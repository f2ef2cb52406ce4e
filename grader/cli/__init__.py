"""What people type: grade, release, publish, doctor, data; and the sample class. Nothing imports this room."""
