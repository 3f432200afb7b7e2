//! Matrix, stories, simulation, architecture, command lines.
