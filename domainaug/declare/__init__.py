"""What every transform we know does, as generators of effects."""
