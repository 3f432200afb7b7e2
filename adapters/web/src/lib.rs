//! A key server over HTTP: the exchange, the vendor's admin API, the customers' portal, health and metrics. And a customer's license server:
//! who it is, seats, beats, the queue, its administration.
//!
//! [`Server::start`] serves an `Issuer` and a `Console` on one port, HTTP/1.1 and HTTP/2, over TLS or, on loopback alone, without.
//! [`Server::start_seats`] serves a `LicenseServer` in the same surroundings, over TLS alone.
//! It reads bodies, checks tokens, holds everybody to their limits, and turns errors into problem documents (RFC 9457). It decides
//! nothing about licenses: a refusal is a signed answer like any other, status 200.
//!
//! It never logs a body, a token, a header or a query.

mod address;
mod admin;
mod body;
mod config;
mod connections;
mod exchange;
mod failure;
mod failures;
mod gates;
mod house;
mod metrics;
mod openapi;
mod patience;
mod portal;
mod probes;
mod routes;
mod seats;
mod server;
mod site;
mod surroundings;
mod tls;
mod tokens;

pub use config::{AdminToken, Ceilings, Config, Limits, Quota, ReplyHook, ReplyPoint, Timeouts, Tls};
pub use openapi::openapi;
pub use seats::{SeatsConfig, seats_openapi};
pub use server::{Running, Server, StartError};
