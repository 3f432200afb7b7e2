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
#[expect(clippy::expect_used, reason = "a helper says the step as its test does")]
fn vast_photograph() -> Vec<u8> {
    let code = image::load_from_memory(&pictures::png("KW1:AAAA", 1500).expect("it is drawn")).expect("a picture").into_luma8();
    let mut sheet = image::GrayImage::from_raw(8160, 6144, vec![255; 8160 * 6144]).expect("a sheet");
    image::imageops::replace(&mut sheet, &code, 3001, 2003);
    let mut photo = std::io::Cursor::new(Vec::new());
    sheet.write_to(&mut photo, image::ImageFormat::Jpeg).expect("it is encoded");
    photo.into_inner()
}

/// A JPEG as far as its first scan, which is dark: nothing of the pixels need be there for all the room that they would take.
struct Jpeg {
    /// 0xC0: row by row; 0xC2: progressive.
    frame: u8,
    width: u16,
    /// Samples of each colour, across and down.
    colours: &'static [u8],
    /// How many colours stand in the first scan.
    scanned: u8,
}

impl Jpeg {
    const BASELINE: u8 = 0xC0;
    const PROGRESSIVE: u8 = 0xC2;
    /// All its colours stand in one scan.
    fn whole(frame: u8, width: u16, colours: &'static [u8]) -> Self {
        Self { frame, width, colours, scanned: colours.len() as u8 }
    }

    /// What stands behind the first two bytes.
    fn segments(&self, height: u16) -> Vec<u8> {
        let segment = |marker: u8, words: Vec<u8>| [&[0xFF, marker][..], &(words.len() as u16 + 2).to_be_bytes(), &words].concat();
        // Every difference and every coefficient is nothing.
        let codes = |of: u8| [vec![of, 1], vec![0; 15], vec![0]].concat();
        let count = self.colours.len() as u8;
        let colours = (1..).zip(self.colours).flat_map(|(id, sampling)| [id, *sampling, 0]);
        let frame = [&[8][..], &height.to_be_bytes(), &self.width.to_be_bytes(), &[count]].concat().into_iter().chain(colours);
        let scanned = (1..=self.scanned).flat_map(|id| [id, 0]);
        let to = if self.frame == Self::PROGRESSIVE { 0 } else { 63 };
        [
            segment(0xDB, [vec![0], vec![1; 64]].concat()),
            segment(self.frame, frame.collect()),
            segment(0xC4, [codes(0x00), codes(0x10)].concat()),
            segment(0xDA, [self.scanned].into_iter().chain(scanned).chain([0, to, 0]).collect()),
            vec![0; 64],
            vec![0xFF, 0xD9],
        ]
        .concat()
    }
}

/// A JPEG of such a height.
type Drawn = Box<dyn Fn(u16) -> Vec<u8>>;

/// Photographs of any height, each of which has taken more than it seemed to.
fn photographs() -> Vec<(&'static str, Drawn)> {
    const ALIKE: &[u8] = &[0x11, 0x11, 0x11];
    const USUAL: &[u8] = &[0x22, 0x11, 0x11];
    let drawn =
        |what, jpeg: Jpeg| -> (&'static str, Drawn) { (what, Box::new(move |height| [vec![0xFF, 0xD8], jpeg.segments(height)].concat())) };
    let progressive = || Jpeg::whole(Jpeg::PROGRESSIVE, 4096, ALIKE);
    vec![
        drawn("one colour", Jpeg::whole(Jpeg::BASELINE, 4096, &[0x11])),
        drawn("row by row", Jpeg::whole(Jpeg::BASELINE, 4096, USUAL)),
        drawn("as wide as may be", Jpeg::whole(Jpeg::BASELINE, 20_000, &[0x44, 0x11, 0x11, 0x11])),
        drawn("progressive", progressive()),
        drawn("progressive, as most are", Jpeg::whole(Jpeg::PROGRESSIVE, 4096, USUAL)),
        drawn("progressive, colours at half of its height", Jpeg::whole(Jpeg::PROGRESSIVE, 4096, &[0x12, 0x11, 0x11])),
        drawn("progressive, all at twice the height of one", Jpeg::whole(Jpeg::PROGRESSIVE, 4096, &[0x12, 0x12, 0x12])),
        drawn("progressive, the colours of a printer", Jpeg::whole(Jpeg::PROGRESSIVE, 4096, &[0x11, 0x11, 0x11, 0x11])),
        drawn("the colours of a printer", Jpeg::whole(Jpeg::BASELINE, 4096, &[0x11, 0x11, 0x11, 0x11])),
        drawn("one colour after the other", Jpeg { scanned: 1, ..Jpeg::whole(Jpeg::BASELINE, 4096, ALIKE) }),
        // The library stumbles over these in grey.
        drawn(
            "one colour after the other, at half of its height",
            Jpeg { scanned: 1, ..Jpeg::whole(Jpeg::BASELINE, 4096, &[0x12, 0x11, 0x11]) },
        ),
        (
            "progressive, after a byte that belongs nowhere",
            Box::new(move |height| [vec![0xFF, 0xD8, 0xFF, 0xFE, 0, 2, 7], progressive().segments(height)].concat()),
        ),
        // What has no length by the standard has one for the decoder: it skips all of the first frame.
        (
            "progressive, behind another",
            Box::new(move |height| {
                let mut seen = Jpeg::whole(Jpeg::BASELINE, 4096, &[0x11]).segments(height).split_off(69);
                seen.resize(0xFFC0, 0);
                [vec![0xFF, 0xD8, 0xFF, 0xD0], seen, progressive().segments(height)].concat()
            }),
        ),
    ]
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
    // Whatever a photograph says of itself: it is read within the bounds, or not at all.
    for (what, drawn) in photographs() {
        let mut most = 0;
        for height in [1000, 3000, 6000, 40_000] {
            let photo = drawn(height);
            let mut read = Ok(Vec::new());
            let taken = peak(|| read = pictures::read(&photo));
            println!("{what}, {height} pixels high: {read:?}, {taken} bytes");
            assert!(taken <= 136 << 20, "{what}, {height} pixels high, took {taken} bytes");
            most = most.max(taken);
            assert!(read.is_err());
            if height > 20_000 {
                assert_eq!(read, Err(Unreadable::LargePicture), "{what}, {height} pixels high");
            }
        }
        assert!(most >= 8 << 20, "{what}: none was decoded");
    }
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
