//! How much memory hostile input takes: never more than a small multiple of what a document may have.
//!
//! One test alone, because the allocator that counts is the whole program's.

use keyward_domain::seal::{Digest, MOST_BYTES};
use keyward_wire::{Unreadable, pictures, qr, xml};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ROOT: &str = "<KeywardRequest xmlns=\"urn:keyward:exchange\" version=\"1\">";

/// The most memory that was in use while this ran, beyond what was in use before.
fn peak(act: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    act();
    MEMORY.peak_usage() - before
}

/// Deflated zeros, as Python's `zlib.compress(bytes(1 << 20), 9, -15)` makes them, as often as fits into a code: a bomb.
fn bomb() -> String {
    let bits = miniz_oxide::deflate::compress_to_vec(&vec![0; 2_500_000], 10);
    format!("KW1:{}", base45::encode([&Digest::of(&bits).bytes()[..4], &bits].concat()))
}

/// A picture of so many marks in a row and in a column.
fn marks(side: u32) -> image::GrayImage {
    image::GrayImage::from_fn(side * 24, side * 24, |x, y| {
        let from_middle = |at: u32| (at % 24 / 2).abs_diff(5);
        let ring = from_middle(x).max(from_middle(y));
        image::Luma([if ring <= 1 || ring == 3 { 0 } else { 255 }])
    })
}

/// A photograph of 50 million pixels with a small code in it.
fn vast_photograph() -> Vec<u8> {
    let code = image::load_from_memory(&pictures::png("KW1:AAAA", 1500).expect("it is drawn")).expect("a picture").into_luma8();
    let mut sheet = image::GrayImage::from_raw(8160, 6144, vec![255; 8160 * 6144]).expect("a sheet");
    image::imageops::replace(&mut sheet, &code, 3001, 2003);
    let mut photo = std::io::Cursor::new(Vec::new());
    sheet.write_to(&mut photo, image::ImageFormat::Jpeg).expect("it is encoded");
    photo.into_inner()
}

#[test]
fn hostile_input_takes_little_memory() {
    let attributes: String = (0..20_000).map(|n| format!(" a{n}=\"\"")).collect();
    let namespaces: String = (0..20_000).map(|n| format!(" xmlns:a{n}=\"urn:{n}\"")).collect();
    let entities: String = (0..9).map(|n| format!("<!ENTITY e{} \"{}\">", n + 1, format!("&e{n};").repeat(10))).collect();
    let files = [
        ("a hundred megabytes", vec![b' '; 100 << 20]),
        ("a hundred megabytes of text", [ROOT.as_bytes(), b"<Document>", &vec![b'A'; 100 << 20]].concat()),
        ("an entity bomb", format!("<!DOCTYPE x [<!ENTITY e0 \"x\">{entities}]>{ROOT}&e9;").into_bytes()),
        ("deep nesting", format!("{ROOT}{}", "<a>".repeat(150_000)).into_bytes()),
        ("one tag of attributes", format!("<KeywardRequest{attributes}>").into_bytes()),
        ("one tag of namespaces", format!("<KeywardRequest{namespaces}>").into_bytes()),
        ("references", format!("{ROOT}<Document>{}", "&#65;".repeat(80_000)).into_bytes()),
        ("comments", format!("{ROOT}{}", "<!---->".repeat(60_000)).into_bytes()),
    ];
    for (what, file) in files {
        let taken = peak(|| assert!(xml::read_request(&file).is_err(), "{what}"));
        assert!(taken <= 8 * MOST_BYTES, "{what} took {taken} bytes");
    }
    let bomb = bomb();
    let taken = peak(|| assert!(qr::read_request(&[&bomb]).is_err()));
    assert!(taken <= MOST_BYTES, "a bomb in a code took {taken} bytes");
    // A picture of 60,000 pixels wide and high, in a few bytes.
    let mut vast = pictures::png("KW1:AAAA", 300).expect("it is drawn");
    vast[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    let taken = peak(|| assert!(pictures::read(&vast).is_err()));
    assert!(taken <= MOST_BYTES, "a vast picture took {taken} bytes");
    // A photograph of twelve million pixels, without a code, as a PNG in colour.
    let mut photo = Vec::new();
    let grey = image::DynamicImage::from(image::RgbImage::new(4000, 3000));
    grey.write_to(&mut std::io::Cursor::new(&mut photo), image::ImageFormat::Png).expect("it is encoded");
    drop(grey);
    let taken = peak(|| assert!(pictures::read(&photo).is_err()));
    assert!(taken <= 128 << 20, "a photograph took {taken} bytes");
    // One of fifty million, as a JPEG, with a code.
    let photo = vast_photograph();
    let taken = peak(|| assert_eq!(pictures::read(&photo).as_deref(), Ok(&["KW1:AAAA".to_owned()][..])));
    println!("a photograph of fifty million pixels took {taken} bytes");
    assert!(taken <= 80 << 20, "a photograph of fifty million pixels took {taken} bytes");
    // A wall of the marks that stand in a code's corners: whoever looks at every three of them never ends.
    let [wall, few] = [30, 7].map(|side| {
        let mut png = std::io::Cursor::new(Vec::new());
        marks(side).write_to(&mut png, image::ImageFormat::Png).expect("it is encoded");
        png.into_inner()
    });
    let taken = peak(|| assert!(matches!(pictures::read(&wall), Err(Unreadable::Hostile(_)))));
    assert!(taken <= 16 << 20, "a wall of marks took {taken} bytes");
    let taken = peak(|| assert_eq!(pictures::read(&few), Err(Unreadable::NoCode)));
    assert!(taken <= 16 << 20, "a few marks took {taken} bytes");
    // What all the limits leave: the largest document there is.
    let large = keyward_domain::seal::Statement::new(keyward_domain::seal::Keyward::NAME, vec![7; MOST_BYTES - 16]);
    let file = xml::write_answer(&large, &[]);
    let taken = peak(|| assert_eq!(xml::read_answer(&file).as_ref(), Ok(&large)));
    assert!((MOST_BYTES..=8 * MOST_BYTES).contains(&taken), "the largest document took {taken} bytes");
}
