//! QR codes as pictures and as letters on a terminal; and reading them from a picture.
//!
//! Bytes in, bytes out: no file, no camera. What the codes say is for [`qr`](crate::qr).

mod jpeg;
mod look;
mod pixels;

use std::collections::BTreeSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::imageops::{FilterType, invert, resize};
use image::{GrayImage, ImageFormat, Luma};
use qrcode::bits::Bits;
use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode, Version};

use self::look::codes;
use self::pixels::{grey, shrunk};
use crate::Unreadable;
use crate::qr::{TooLong, are_all, is_one};

/// A picture has at most so many bytes: 32 MiB, a photograph of 50 million pixels and more.
pub const MOST_PICTURE_BYTES: usize = 32 << 20;
/// The largest version that is drawn: more is hard to photograph.
const LARGEST: i16 = 25;
/// White around a code, in modules, as the standard wants it.
const QUIET: u32 = 4;
/// A module has at least so many pixels.
const SMALLEST_MODULE: u32 = 3;
/// Below this a picture is also tried at twice its size, above at half of it.
const SMALL: u32 = 1200;

/// The colours of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// Light letters on dark ground, as most are.
    Dark,
    /// Dark letters on light ground.
    Light,
}

/// Draws a code as a square PNG with so many pixels on a side; more if it would be too small to read.
pub fn png(text: &str, side: u32) -> Result<Vec<u8>, TooLong> {
    let code = code(text)?;
    let modules = code.width() as u32;
    let module = (side / (modules + 2 * QUIET)).max(SMALLEST_MODULE);
    let side = side.max(module * (modules + 2 * QUIET));
    let margin = (side - module * modules) / 2;
    let dark = |at: u32| at.checked_sub(margin).map(|it| it / module).filter(|it| *it < modules);
    let picture = GrayImage::from_fn(side, side, |x, y| match (dark(x), dark(y)) {
        (Some(x), Some(y)) if code[(x as usize, y as usize)] == Color::Dark => Luma([0]),
        _ => Luma([255]),
    });
    let mut png = Vec::new();
    // Writing to memory does not fail, and a square of grey is a picture.
    let _ = picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png);
    Ok(png)
}

/// Draws a code in half blocks, two modules above each other in one letter.
pub fn letters(text: &str, on: Terminal) -> Result<String, TooLong> {
    let (dark, light) = match on {
        Terminal::Dark => (Dense1x2::Light, Dense1x2::Dark),
        Terminal::Light => (Dense1x2::Dark, Dense1x2::Light),
    };
    Ok(code(text)?.render::<Dense1x2>().dark_color(dark).light_color(light).quiet_zone(true).module_dimensions(1, 1).build())
}

/// Whether these bytes begin as a picture that [`read`] may understand.
pub fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(&[0xFF, 0xD8, 0xFF])
}

/// The texts of the codes in a picture (PNG, JPEG): those that are documents, or whatever others say if there is none.
pub fn read(picture: &[u8]) -> Result<Vec<String>, Unreadable> {
    let mut picture = grey(picture)?;
    let (mut documents, mut others) = (BTreeSet::new(), BTreeSet::new());
    for attempt in [Attempt::AsItIs, Attempt::Resized, Attempt::Inverted] {
        let texts = match attempt {
            Attempt::AsItIs => codes(&picture),
            Attempt::Resized => codes(&resized(&picture)),
            Attempt::Inverted => {
                invert(&mut picture);
                codes(&picture)
            }
        };
        match texts {
            Err(error) if documents.is_empty() => return Err(error),
            texts => texts.into_iter().flatten().for_each(|text| {
                if is_one(&text) {
                    documents.insert(text)
                } else {
                    others.insert(text)
                };
            }),
        }
        // Of a document in parts one may be seen at once, and another only when the picture is looked at again.
        if are_all(&Vec::from_iter(&documents)) {
            break;
        }
    }
    let found = if documents.is_empty() { others } else { documents };
    if found.is_empty() { Err(Unreadable::NoCode) } else { Ok(found.into_iter().collect()) }
}

/// What a library makes of other people's bytes, or none where it stumbles: over a code that no honest program writes (FNC1 before a percent
/// sign), or a photograph whose colours are parted in a rare way. The process's panic hook hears of it; where panics abort, it ends.
fn unharmed<T>(read: impl FnOnce() -> T) -> Option<T> {
    // What it worked on is dropped with it.
    catch_unwind(AssertUnwindSafe(read)).ok()
}

/// How a picture is looked at.
enum Attempt {
    AsItIs,
    /// Twice as large, or half.
    Resized,
    /// A screenshot of a terminal is light on dark.
    Inverted,
}

fn resized(picture: &GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    if width.max(height) < SMALL { resize(picture, width * 2, height * 2, FilterType::Triangle) } else { shrunk(picture, 2) }
}

/// The smallest code that holds a text. The texts of documents are written in one go: the library's own choice changes to digits and
/// back wherever it finds some, which takes more room than it saves.
fn code(text: &str) -> Result<QrCode, TooLong> {
    let too_long = |_| TooLong { codes: 2 };
    let letter = |it: char| matches!(it, '0'..='9' | 'A'..='Z') || " $%*+-./:".contains(it);
    let in_one_go = |version| {
        let mut bits = Bits::new(Version::Normal(version));
        if text.chars().all(letter) {
            bits.push_alphanumeric_data(text.as_bytes())?;
        } else {
            bits.push_byte_data(text.as_bytes())?;
        }
        bits.push_terminator(EcLevel::M)?;
        QrCode::with_bits(bits, EcLevel::M)
    };
    (1..LARGEST).find_map(|version| in_one_go(version).ok()).map_or_else(|| in_one_go(LARGEST).map_err(too_long), Ok)
}
