//! Everything that reads what came from outside, each as a function of any bytes. It panics where a reader is wrong.
//!
//! Shared by the test beside it and by the fuzzer (`fuzz/`), so that what one finds the other keeps.

use keyward_domain::entitlement::Terms;
use keyward_domain::keys::SigningKey;
use keyward_domain::license_key::LicenseKey;
use keyward_domain::profile::ProductProfile;
use keyward_domain::seal::{Digest, Envelope, Keyward, Reply, Trust, open_request};
use keyward_domain::signers::VendorId;
use keyward_wire::{
    Accepted, EntitlementPage, Extend, Free, Health, Issued, LogPage, Problem, ProductPage, RootSeed, armour, pictures, qr, xml,
};
use serde::de::DeserializeOwned;

/// A reader, which panics where it is wrong.
pub(crate) type Target = fn(&[u8]);

/// Every reader by its name.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("admin", admin),
    ("armour", armour),
    ("envelope", envelope),
    ("license-key", license_key),
    ("picture", picture),
    ("picture-code", picture_code),
    ("picture-inside", picture_inside),
    ("profile", profile),
    ("qr", qr),
    ("qr-inside", qr_inside),
    ("xml", xml),
];

/// An XML file: what is read is written and read the same.
pub(crate) fn xml(bytes: &[u8]) {
    if let Ok(request) = xml::read_request(bytes) {
        assert_eq!(xml::read_request(&xml::write_request(&request, &[])), Ok(request));
    }
    if let Ok(answer) = xml::read_answer(bytes) {
        assert_eq!(xml::read_answer(&xml::write_answer(&answer, &[])), Ok(answer));
    }
}

/// The text in it.
pub(crate) fn armour(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(bytes) = armour::unwrap(&text) {
        assert_eq!(armour::unwrap(&armour::wrap(&bytes)), Ok(bytes));
    }
    assert_eq!(armour::unwrap(&armour::wrap(bytes)).as_deref(), Ok(bytes));
}

/// The texts of QR codes, one in each line.
pub(crate) fn qr(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    codes(&text.lines().collect::<Vec<_>>());
}

/// What stands in a QR code behind its check, which would keep a fuzzer out.
pub(crate) fn qr_inside(bytes: &[u8]) {
    let checked = [&Digest::of(bytes).bytes()[..4], bytes].concat();
    codes(&[format!("KW1:{}", base45::encode(checked))]);
}

fn codes<T: AsRef<str>>(texts: &[T]) {
    if let Ok(request) = qr::read_request(texts)
        && let Ok(texts) = qr::write_request(&request)
    {
        assert_eq!(qr::read_request(&texts), Ok(request));
    }
    if let Ok(answer) = qr::read_answer(texts)
        && let Ok(texts) = qr::write_answer(&answer)
    {
        assert_eq!(qr::read_answer(&texts), Ok(answer));
    }
}

/// A picture of QR codes.
pub(crate) fn picture(bytes: &[u8]) {
    if let Ok(texts) = pictures::read(bytes) {
        codes(&texts);
    }
}

/// The pixels of a picture, which the checks of its format would keep a fuzzer from: a width and a row after the other.
pub(crate) fn picture_inside(bytes: &[u8]) {
    let [width, pixels @ ..] = bytes else { return };
    let width = u32::from(*width) + 1;
    let rows = &pixels[..pixels.len() - pixels.len() % width as usize];
    let height = rows.len() as u32 / width;
    let mut png = Vec::new();
    let drawn = image::GrayImage::from_raw(width, height, rows.to_vec()).expect("whole rows");
    if drawn.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).is_ok() {
        picture(&png);
    }
}

/// What stands in a QR code, which its corners and its checks would keep a fuzzer from: its version, how it is masked and how it is checked;
/// which of its modules are wrong; then what it says, from the first bit on.
pub(crate) fn picture_code(bytes: &[u8]) {
    if let Some(png) = code_of(bytes) {
        picture(&png);
    }
}

/// A picture of the code that these bytes stand for, as [`picture_code`] has it.
pub(crate) fn code_of(bytes: &[u8]) -> Option<Vec<u8>> {
    use qrcode::canvas::{Canvas, MaskPattern};
    use qrcode::{Color, EcLevel, Version, ec};

    let [how, mask, wrong, rest @ ..] = bytes else { return None };
    let levels = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];
    // A small one most often: it is drawn and read fast.
    let (version, level) = (Version::Normal(i16::from(how >> 2) % 12 + 1), levels[usize::from(how & 3)]);
    let masks = [
        MaskPattern::Checkerboard,
        MaskPattern::HorizontalLines,
        MaskPattern::VerticalLines,
        MaskPattern::DiagonalLines,
        MaskPattern::LargeCheckerboard,
        MaskPattern::Fields,
        MaskPattern::Diamonds,
        MaskPattern::Meadow,
    ];
    let room = qrcode::bits::Bits::new(version).max_len(level).expect("a version has room") / 8;
    let (flips, says) = rest.split_at(rest.len().min(usize::from(wrong % 16)));
    let mut says = says[..says.len().min(room)].to_vec();
    says.resize(room, 0);
    let (data, check) = ec::construct_codewords(&says, version, level).expect("it fills the version");
    let mut canvas = Canvas::new(version, level);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &check);
    canvas.apply_mask(masks[usize::from(mask & 7)]);
    let (mut colors, side) = (canvas.into_colors(), version.width() as u32);
    for (number, flip) in flips.iter().enumerate() {
        let at = (usize::from(*flip) * 31 + number * 7) % colors.len();
        colors[at] = !colors[at];
    }
    let module = |at: u32| (at / 3).checked_sub(4).filter(|it| *it < side);
    let drawn = image::GrayImage::from_fn((side + 8) * 3, (side + 8) * 3, |x, y| match (module(x), module(y)) {
        (Some(x), Some(y)) if colors[(y * side + x) as usize] == Color::Dark => image::Luma([0]),
        _ => image::Luma([255]),
    });
    let mut png = Vec::new();
    drawn.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("a picture");
    Some(png)
}

/// An envelope or an answer as a server gets it.
pub(crate) fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::from_json(bytes) {
        assert_eq!(Envelope::from_json(&envelope.to_json()).as_ref(), Ok(&envelope));
        let _ = open_request(&envelope);
        // The payload as JSON of its own, as a signer would have it opened.
        let _ = Envelope::from_json(envelope.payload());
    }
    let _ = Reply::from_bytes(bytes);
    let root = SigningKey::from_seed(&[1; 32]).public();
    let _ = Keyward::open_any(bytes, &Trust::new(VendorId::of(&root), vec![root], 0));
}

/// A license key as somebody types it.
pub(crate) fn license_key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(key) = text.parse::<LicenseKey>() {
        let shown = key.expose();
        let again: LicenseKey = shown.parse().expect("a key that is shown is a key");
        assert_eq!(again.expose(), shown);
    }
}

/// A product profile.
pub(crate) fn profile(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(profile) = toml::from_str::<ProductProfile>(text) {
        let _ = profile.check();
        let written = toml::to_string(&profile).expect("a profile is TOML");
        assert_eq!(toml::from_str::<ProductProfile>(&written).as_ref(), Ok(&profile));
    }
}

/// The bodies of the admin API.
pub(crate) fn admin(bytes: &[u8]) {
    fn read<T: DeserializeOwned>(bytes: &[u8]) {
        let _ = serde_json::from_slice::<T>(bytes);
    }
    read::<Accepted>(bytes);
    read::<EntitlementPage>(bytes);
    read::<Extend>(bytes);
    read::<Free>(bytes);
    read::<Health>(bytes);
    read::<Issued>(bytes);
    read::<LogPage>(bytes);
    read::<Problem>(bytes);
    read::<ProductPage>(bytes);
    read::<RootSeed>(bytes);
    read::<Terms>(bytes);
}
