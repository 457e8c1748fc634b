"""How the built-in pictures are drawn: scenery, vehicles and the camera that photographs them."""
