//! The promises of each port as lists of cases.
