//! Photographs: decoding a JPEG in grey, within a bound that holds before anything of its pixels is decoded.
//!
//! What the headers say is what the decoder itself makes of them. A second reader of headers, however careful, takes one byte otherwise
//! some day, and then a file that it finds small is decoded as a large one.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_jpeg::{ImageInfo, JpegDecoder, SampleRatios};

use super::pixels::LONGEST_SIDE;
use super::unharmed;
use crate::Unreadable;

/// What decoding takes at most: a photograph of 105 million pixels; one that is kept whole in all its colours in the meantime (a progressive
/// one) of 16 million; one in the colours of a printer of 29 million.
const MOST_MEMORY: u64 = 112 << 20;
/// So much stands before the pixels at most: the decoder looks at every part of some descriptions again with each further one.
const MOST_HEADERS: usize = 2 << 20;

/// Decodes its brightness, or in other colours than brightness and colour all of them.
pub(super) fn grey(bytes: &[u8]) -> Result<GrayImage, Unreadable> {
    let frame = Frame::of(bytes)?;
    frame.check(Out::Grey)?;
    match frame.decode(bytes, Out::Grey).and_then(|pixels| GrayImage::from_raw(frame.width, frame.height, pixels)) {
        Some(picture) => Ok(picture),
        // In the colours of a printer or without the usual parting of brightness and colour.
        None => {
            frame.check(Out::Colours)?;
            let pixels = frame.decode(bytes, Out::Colours).and_then(|pixels| RgbImage::from_raw(frame.width, frame.height, pixels));
            Ok(DynamicImage::from(pixels.ok_or_else(damaged)?).into_luma8())
        }
    }
}

/// What a picture is decoded to.
#[derive(Clone, Copy)]
enum Out {
    Grey,
    Colours,
}

impl Out {
    fn space(self) -> ColorSpace {
        match self {
            Self::Grey => ColorSpace::Luma,
            Self::Colours => ColorSpace::RGB,
        }
    }

    /// Bytes for each pixel, until it is grey.
    fn bytes(self) -> u64 {
        match self {
            Self::Grey => 1,
            Self::Colours => 3 + 1,
        }
    }
}

/// What the decoder made of the headers.
struct Frame {
    width: u32,
    height: u32,
    colours: u64,
    /// Samples that stand together, across and down.
    sampling: (u64, u64),
    /// Whether it is decoded row by row; otherwise all of it is kept in the meantime.
    by_rows: bool,
}

impl Frame {
    fn of(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut headers = Cursor::new(&bytes[..bytes.len().min(MOST_HEADERS)]);
        let any_size = DecoderOptions::default().set_strict_mode(false).set_max_width(u16::MAX.into()).set_max_height(u16::MAX.into());
        let mut decoder = JpegDecoder::new_with_options(&mut headers, any_size);
        decoder.decode_headers().map_err(|_| damaged())?;
        let ImageInfo { width, height, components, sof, sample_ratio, .. } = decoder.info().ok_or_else(damaged)?;
        drop(decoder);
        // The library hands out two colours as they are.
        if components == 2 {
            return Err(damaged());
        }
        let sampling = match sample_ratio {
            SampleRatios::None => (1, 1),
            SampleRatios::H => (2, 1),
            SampleRatios::V => (1, 2),
            SampleRatios::HV => (2, 2),
            SampleRatios::Generic(across, down) => (across as u64, down as u64),
        };
        let read = usize::try_from(headers.position()).ok().and_then(|end| bytes.get(..end)).ok_or_else(damaged)?;
        // Where the first scan lacks a colour, others follow.
        let by_rows = sof.is_sequential_dct() && colours_of_scan(read) == Some(usize::from(components));
        Ok(Self { width: width.into(), height: height.into(), colours: components.into(), sampling, by_rows })
    }

    /// Whether decoding stays within the bounds.
    fn check(&self, out: Out) -> Result<(), Unreadable> {
        let fits = self.width.max(self.height) <= LONGEST_SIDE && self.memory(out) <= MOST_MEMORY;
        if fits { Ok(()) } else { Err(Unreadable::LargePicture) }
    }

    /// The bytes that decoding takes at most: the pixels, the rows at hand, and where it is not decoded row by row two for each sample.
    fn memory(&self, out: Out) -> u64 {
        let (across, down) = self.sampling;
        let (wide, high) = (u64::from(self.width).next_multiple_of(8 * across), u64::from(self.height).next_multiple_of(8 * down));
        // A colour has at most as many samples as the picture has pixels; where it is stretched downwards alone, the library keeps room for
        // twice as many.
        let twice = if down == 2 * across { 2 } else { 1 };
        let kept = if self.by_rows { 0 } else { wide * high * twice };
        // Before they are stretched, and after.
        let rows = wide * (16 * down + (down + 16) * across * down);
        u64::from(self.width) * u64::from(self.height) * out.bytes() + 2 * self.colours * (kept + rows)
    }

    fn decode(&self, bytes: &[u8], out: Out) -> Option<Vec<u8>> {
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            // What was checked is what is decoded, or nothing is.
            .set_max_width(self.width as usize)
            .set_max_height(self.height as usize)
            .jpeg_set_out_colorspace(out.space());
        unharmed(|| JpegDecoder::new_with_options(ZCursor::new(bytes), options).decode().ok()).flatten()
    }
}

/// How many colours the first scan has: the decoder does not say, but its header (ITU-T T.81, B.2.3) is the last that it read, and its
/// length follows from them. Where bytes before it look like a header of fewer, fewer.
fn colours_of_scan(read: &[u8]) -> Option<usize> {
    (1..=4_u8).find_map(|colours| {
        let length = 6 + 2 * colours;
        read.get(read.len().checked_sub(length.into())?..)?.starts_with(&[0, length, colours]).then_some(colours.into())
    })
}

fn damaged() -> Unreadable {
    Unreadable::Damaged("the picture cannot be decoded".into())
}
