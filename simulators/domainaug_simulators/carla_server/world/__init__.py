"""The world behind the sockets: what is in it and how it moves, with no word about bytes."""
