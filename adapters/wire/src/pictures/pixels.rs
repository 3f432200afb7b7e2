//! The pixels of a picture, in grey, within bounds that hold before anything is decoded.
//!
//! Sensors of phones have 50 million pixels and more, of which four and more see the same colour: what is looked at in the end has no
//! more than [`MOST_SEEN`], and loses nothing by it.

use std::io::Cursor;

use image::{GrayImage, ImageError, ImageFormat, ImageReader, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{MOST_PICTURE_BYTES, is_picture};
use crate::Unreadable;

/// What decoding a JPEG in grey takes at most: a photograph of 108 million pixels; a progressive one, which is kept whole in all its
/// colours, of 29 million.
const MOST_JPEG_MEMORY: u64 = 112 << 20;
/// What decoding any other picture takes at most: 22 million pixels in colour.
const MOST_MEMORY: u64 = 64 << 20;
/// A picture has at most so many pixels on a side.
const LONGEST_SIDE: u32 = 20_000;
/// More pixels than these are not looked at: several become one.
const MOST_SEEN: u64 = 16_000_000;

/// The pixels of a picture (PNG, JPEG), fewer than it has if it has very many.
pub(super) fn grey(bytes: &[u8]) -> Result<GrayImage, Unreadable> {
    if !is_picture(bytes) {
        return Err(Unreadable::NotKeyward("it is no picture in PNG or JPEG".into()));
    }
    if bytes.len() > MOST_PICTURE_BYTES {
        return Err(Unreadable::LargePicture);
    }
    let picture = if bytes.starts_with(b"\x89") { any(bytes, ImageFormat::Png)? } else { jpeg(bytes)? };
    let pixels = u64::from(picture.width()) * u64::from(picture.height());
    let by = (1..).find(|by| pixels / (u64::from(*by) * u64::from(*by)) <= MOST_SEEN);
    Ok(match by {
        Some(by) if by > 1 => shrunk(&picture, by),
        _ => picture,
    })
}

/// A picture with so many times fewer pixels on a side: each is the middle of those it stands for.
pub(super) fn shrunk(picture: &GrayImage, by: u32) -> GrayImage {
    let side = |side: u32| (side / by).max(1);
    let (width, height) = (side(picture.width()), side(picture.height()));
    let (step, from) = (by as usize, picture.width() as usize);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for rows in picture.as_raw().chunks(from * step).take(height as usize) {
        let mut sums = vec![(0_u32, 0_u32); width as usize];
        for row in rows.chunks(from) {
            for ((sum, of), pixels) in sums.iter_mut().zip(row.chunks(step)) {
                *sum += pixels.iter().copied().map(u32::from).sum::<u32>();
                *of += pixels.len() as u32;
            }
        }
        pixels.extend(sums.into_iter().map(|(sum, of)| (sum / of.max(1)) as u8));
    }
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

/// A photograph: its brightness alone is decoded.
fn jpeg(bytes: &[u8]) -> Result<GrayImage, Unreadable> {
    let Some(frame) = Frame::of(bytes) else { return any(bytes, ImageFormat::Jpeg) };
    if frame.memory() > MOST_JPEG_MEMORY || frame.width.max(frame.height) > LONGEST_SIDE {
        return Err(Unreadable::LargePicture);
    }
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        // What the frame says is what is decoded, or nothing is.
        .set_max_width(frame.width as usize)
        .set_max_height(frame.height as usize)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let pixels = JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode();
    match pixels.ok().and_then(|pixels| GrayImage::from_raw(frame.width, frame.height, pixels)) {
        Some(picture) => Ok(picture),
        // In the colours of a printer or without the usual parting of brightness and colour.
        None => any(bytes, ImageFormat::Jpeg),
    }
}

fn any(bytes: &[u8], format: ImageFormat) -> Result<GrayImage, Unreadable> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    match reader.decode() {
        Ok(picture) => Ok(picture.into_luma8()),
        Err(ImageError::Limits(_)) => Err(Unreadable::LargePicture),
        Err(_) => Err(Unreadable::Damaged("the picture cannot be decoded".into())),
    }
}

/// What a JPEG says of itself before its pixels (ITU-T T.81, annex B).
struct Frame {
    width: u32,
    height: u32,
    /// Samples of all colours for each pixel, in 16ths.
    samples: u64,
    /// Whether it is decoded row by row; otherwise all of it is kept in the meantime.
    by_rows: bool,
}

impl Frame {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.get(2..)?;
        let mut found: Option<(Self, u8)> = None;
        loop {
            let (marker, after) = match rest {
                [0xFF, 0xFF, ..] => {
                    rest = &rest[1..];
                    continue;
                }
                // Marks without anything behind them.
                [0xFF, 0x01 | 0xD0..=0xD8, after @ ..] => {
                    rest = after;
                    continue;
                }
                [0xFF, marker, after @ ..] => (*marker, after),
                _ => return None,
            };
            let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
            let segment = after.get(2..length)?;
            match (marker, &found) {
                (0xC0..=0xC2, None) => found = Some((Self::read(segment, marker < 0xC2)?, *segment.get(5)?)),
                // The first scan: its colours are all there are, or others follow.
                (0xDA, _) => {
                    return found.map(|(frame, colours)| Self { by_rows: frame.by_rows && segment.first() == Some(&colours), ..frame });
                }
                _ => {}
            }
            rest = after.get(length..)?;
        }
    }

    fn read(segment: &[u8], by_rows: bool) -> Option<Self> {
        let [_, h1, h0, w1, w0, _, colours @ ..] = segment else { return None };
        let (width, height) = (u32::from(u16::from_be_bytes([*w1, *w0])), u32::from(u16::from_be_bytes([*h1, *h0])));
        let sampling = || colours.chunks_exact(3).map(|it| (u64::from(it[1] >> 4), u64::from(it[1] & 15)));
        let most = sampling().map(|(across, _)| across).max()? * sampling().map(|(_, down)| down).max()?;
        let samples = (sampling().map(|(across, down)| across * down).sum::<u64>() * 16).checked_div(most)?;
        Some(Self { width, height, samples, by_rows })
    }

    /// The bytes that decoding takes: the pixels, and where they are not decoded row by row two for each sample.
    fn memory(&self) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        if self.by_rows { pixels } else { pixels + pixels * self.samples / 8 }
    }
}
