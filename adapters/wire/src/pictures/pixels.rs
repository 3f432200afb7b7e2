//! The pixels of a picture, in grey, within bounds that hold before anything is decoded.
//!
//! Sensors of phones have 50 million pixels and more, of which four and more see the same colour: what is looked at in the end has no
//! more than [`MOST_SEEN`], and loses nothing by it.

use std::io::Cursor;

use image::{GrayImage, ImageError, ImageFormat, ImageReader, Limits};

use super::{MOST_PICTURE_BYTES, is_picture, jpeg};
use crate::Unreadable;

/// What decoding a PNG takes at most: 22 million pixels in colour.
const MOST_MEMORY: u64 = 64 << 20;
/// A picture has at most so many pixels on a side.
pub(super) const LONGEST_SIDE: u32 = 20_000;
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
    let picture = if bytes.starts_with(b"\x89") { png(bytes)? } else { jpeg::grey(bytes)? };
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

fn png(bytes: &[u8]) -> Result<GrayImage, Unreadable> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
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
