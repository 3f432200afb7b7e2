//! The portal in a real browser: a host without a network, and a person with a keyboard.
//!
//! Needs `chromium` and `chromedriver` (Debian: chromium, chromium-driver). Where they are missing, each test says so and does nothing.
//! `KEYWARD_SHOTS=DIR` keeps a picture of each page, wide and as on a phone.

#![expect(clippy::expect_used, reason = "an expectation of a test says its step; clippy sees tests in `#[test]` functions alone")]
#![expect(clippy::print_stdout, reason = "a test that cannot run says why")]

mod browser;
mod keyboard;
mod portal;
mod shop;
