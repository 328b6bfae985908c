"""What the lessons' exercises are made of: networks, pictures, and checks of answers."""
