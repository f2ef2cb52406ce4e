"""What people type: grade, desk, release, publish, doctor, data; and the sample class. Nothing imports this room."""
