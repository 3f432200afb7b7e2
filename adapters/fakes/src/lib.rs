//! In-memory twin of every driven port, World, fault decorators.
