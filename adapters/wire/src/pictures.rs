//! QR codes as pictures and as letters on a terminal; and reading them from a picture.
//!
//! Bytes in, bytes out: no file, no camera. What the codes say is for [`qr`](crate::qr).

use std::collections::BTreeSet;
use std::io::Cursor;

use image::imageops::{FilterType, invert, resize};
use image::{GrayImage, ImageFormat, ImageReader, Limits, Luma};
use qrcode::bits::Bits;
use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode, Version};
use rxing::common::{BitMatrix, HybridBinarizer};
use rxing::multi::MultipleBarcodeReader as _;
use rxing::multi::qrcode::QRCodeMultiReader;
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::detector::FinderPatternFinder;
use rxing::{BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader as _};

use crate::Unreadable;
use crate::qr::{TooLong, is_one};

/// A picture has at most so many bytes: 16 MiB.
pub const MOST_PICTURE_BYTES: usize = 16 << 20;
/// The largest version that is drawn: more is hard to photograph.
const LARGEST: i16 = 25;
/// White around a code, in modules, as the standard wants it.
const QUIET: u32 = 4;
/// A module has at least so many pixels.
const SMALLEST_MODULE: u32 = 3;
/// A photograph has at most so many pixels on a side, and takes at most so much memory while it is decoded: 22 million pixels in
/// colour.
const LONGEST_SIDE: u32 = 10_000;
const MOST_MEMORY: u64 = 64 << 20;
/// Below this a picture is also tried at twice its size, above at half of it.
const SMALL: u32 = 1200;
/// A picture has at most so many corner marks of codes, seen in two rows or more: the readers look at every three of them.
const MOST_MARKS: usize = 60;
/// And so many that were seen once: each that is found is compared with all before it.
const MOST_GLIMPSES: usize = 2_000;

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
    let mut picture = decode(picture)?;
    let mut others = BTreeSet::new();
    for attempt in [Attempt::AsItIs, Attempt::Resized, Attempt::Inverted] {
        let texts = match attempt {
            Attempt::AsItIs => codes(&picture)?,
            Attempt::Resized => codes(&resized(&picture))?,
            Attempt::Inverted => {
                invert(&mut picture);
                codes(&picture)?
            }
        };
        let (documents, rest): (BTreeSet<_>, BTreeSet<_>) = texts.into_iter().partition(|text| is_one(text));
        if !documents.is_empty() {
            return Ok(documents.into_iter().collect());
        }
        others.extend(rest);
    }
    if others.is_empty() { Err(Unreadable::NoCode) } else { Ok(others.into_iter().collect()) }
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
    let to = |side: u32| if width.max(height) < SMALL { side * 2 } else { (side / 2).max(1) };
    resize(picture, to(width), to(height), FilterType::Triangle)
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

fn decode(bytes: &[u8]) -> Result<GrayImage, Unreadable> {
    if bytes.len() > MOST_PICTURE_BYTES {
        return Err(Unreadable::TooLarge { most: MOST_PICTURE_BYTES });
    }
    if !is_picture(bytes) {
        return Err(Unreadable::NotKeyward("it is no picture in PNG or JPEG".into()));
    }
    let format = if bytes.starts_with(b"\x89") { ImageFormat::Png } else { ImageFormat::Jpeg };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    match reader.decode() {
        Ok(picture) => Ok(picture.into_luma8()),
        Err(image::ImageError::Limits(_)) => Err(Unreadable::Hostile("a picture of extraordinary size")),
        Err(_) => Err(Unreadable::Damaged("the picture cannot be decoded".into())),
    }
}

fn codes(picture: &GrayImage) -> Result<Vec<String>, Unreadable> {
    let source = Luma8LuminanceSource::new(picture.as_raw().clone(), picture.width(), picture.height());
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let Ok(source) = source else { return Ok(Vec::new()) };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    check_marks(bitmap.get_black_matrix())?;
    // One finds several codes, the other finds one that the first overlooks.
    let mut found = QRCodeMultiReader::new().decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
    if found.is_empty() {
        found.extend(QRCodeReader::new().decode_with_hints(&mut bitmap, &hints));
    }
    Ok(found.iter().map(|code| code.getText().to_owned()).collect())
}

/// Counts the corner marks as the readers do, in every row instead of some, so that they find no others.
fn check_marks(picture: &BitMatrix) -> Result<(), Unreadable> {
    let mut finder = FinderPatternFinder::new(picture);
    for y in 0..picture.getHeight() {
        look_for_marks(&mut finder, picture, y);
        let marks = finder.getPossibleCenters();
        if marks.len() > MOST_GLIMPSES || marks.iter().filter(|mark| mark.getCount() >= 2).count() > MOST_MARKS {
            return Err(Unreadable::Hostile("corners of codes without number"));
        }
    }
    Ok(())
}

/// Hands the finder each place of a row where dark and light alternate as in a mark: 1:1:3:1:1.
fn look_for_marks(finder: &mut FinderPatternFinder<'_>, picture: &BitMatrix, y: u32) {
    let mut runs = [0_u32; 5];
    let mut run = 0;
    for x in 0..picture.getWidth() {
        // Even runs are dark.
        let dark = picture.get(x, y);
        if dark == (run % 2 == 0) {
            runs[run] += 1;
        } else if run < 4 {
            run += 1;
            runs[run] += 1;
        } else if FinderPatternFinder::foundPatternCross(&runs, 0.0) && finder.handlePossibleCenter(&runs, y, x) {
            (runs, run) = ([0; 5], 0);
        } else {
            runs = [runs[2], runs[3], runs[4], 1, 0];
            run = 3;
        }
    }
    if FinderPatternFinder::foundPatternCross(&runs, 0.0) {
        finder.handlePossibleCenter(&runs, y, picture.getWidth());
    }
}
