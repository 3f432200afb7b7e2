//! What the hexagon asks of the outside.
