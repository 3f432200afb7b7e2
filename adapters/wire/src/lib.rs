//! Carriers clothes: the admin API's JSON.
