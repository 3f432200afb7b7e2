//! Makes the HTTP client: roots, pins, proxies.
