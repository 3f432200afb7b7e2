//! Finding QR codes in grey pixels, all of them: other people's codes stand on the same sheet.

use image::GrayImage;
use rxing::common::{BitMatrix, DetectorRXingResult as _, HybridBinarizer};
use rxing::multi::qrcode::detector::MultiDetector;
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::decoder::qrcode_decoder::decode_bitmatrix_with_hints;
use rxing::qrcode::detector::{FinderPatternFinder, QRCodeDetectorResult};
use rxing::{BinaryBitmap, DecodeHints, Luma8Source, Reader as _};

use super::unharmed;
use crate::Unreadable;
use crate::qr::is_one;

/// A picture has at most so many corner marks of codes, seen in two rows or more: the readers look at every three of them.
const MOST_MARKS: usize = 60;
/// And so many that were seen once: each that is found is compared with all before it.
const MOST_GLIMPSES: usize = 2_000;

/// The texts of all codes that can be made out, also those of others. Where the library stumbles over the picture itself, there are none.
pub(super) fn codes(picture: &GrayImage) -> Result<Vec<String>, Unreadable> {
    unharmed(|| look(picture)).unwrap_or_else(|| Ok(Vec::new()))
}

fn look(picture: &GrayImage) -> Result<Vec<String>, Unreadable> {
    let source = Luma8Source::new_with_slice(picture.as_raw(), picture.width(), picture.height());
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let Ok(source) = source else { return Ok(Vec::new()) };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    check_marks(bitmap.get_black_matrix())?;
    // Each by itself: one that cannot be made out hides none of the others.
    let corners = MultiDetector::new(bitmap.get_black_matrix()).detectMulti(&hints).unwrap_or_default();
    let read = |code: &QRCodeDetectorResult| Some(decode_bitmatrix_with_hints(code.getBits(), &hints).ok()?.getText().to_owned());
    let read = corners.iter().filter_map(|code| unharmed(|| read(code)).flatten());
    let mut found: Vec<_> = read.collect();
    // One finds several codes, the other finds one that the first overlooks.
    if !found.iter().any(|text| is_one(text)) {
        let read = || Some(QRCodeReader::new().decode_with_hints(&mut bitmap, &hints).ok()?.getText().to_owned());
        found.extend(unharmed(read).flatten());
    }
    Ok(found)
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
