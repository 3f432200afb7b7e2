//! QR codes drawn, photographed badly, and read by a library that had no part in drawing them.

use std::io::Cursor;

use image::imageops::blur;
use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use keyward_wire::Unreadable;
use keyward_wire::pictures::{Terminal, letters, png, read};
use keyward_wire::qr::{MOST_DRAWN, read_answer, read_request, write_answer, write_request};

use crate::samples::{activation, certificate, return_of};

const SIDE: u32 = 600;

fn picture(png: &[u8]) -> GrayImage {
    image::load_from_memory(png).expect("it is a picture").into_luma8()
}

fn encoded(picture: GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::from(picture).write_to(&mut Cursor::new(&mut bytes), format).expect("it is encoded");
    bytes
}

/// As from a hand: turned by so many degrees on a grey table, and out of focus.
fn photographed(picture: &GrayImage, degrees: f32, out_of_focus: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (side, middle) = (picture.width() * 3 / 2, picture.width() as f32 / 2.0);
    let away = side as f32 / 2.0;
    let at = |x: i64, y: i64| match (u32::try_from(x), u32::try_from(y)) {
        (Ok(x), Ok(y)) if x < picture.width() && y < picture.height() => f32::from(picture.get_pixel(x, y).0[0]) * 0.8 + 20.0,
        _ => 120.0,
    };
    let turned = GrayImage::from_fn(side, side, |x, y| {
        let (x, y) = (x as f32 - away, y as f32 - away);
        let (x, y) = (x * cos + y * sin + middle, y * cos - x * sin + middle);
        let (left, top) = (x.floor(), y.floor());
        let (right, bottom) = (x - left, y - top);
        let (left, top) = (left as i64, top as i64);
        let upper = at(left, top) * (1.0 - right) + at(left + 1, top) * right;
        let lower = at(left, top + 1) * (1.0 - right) + at(left + 1, top + 1) * right;
        Luma([(upper * (1.0 - bottom) + lower * bottom) as u8])
    });
    blur(&turned, out_of_focus)
}

#[test]
fn requests_and_answers_are_read_from_a_picture_of_600_pixels() {
    for asked in [activation(), return_of(certificate(1))] {
        let text = &write_request(&asked).expect("it fits")[0];
        let drawn = png(text, SIDE).expect("it is drawn");
        assert_eq!(picture(&drawn).dimensions(), (SIDE, SIDE));
        assert_eq!(read_request(&read(&drawn).expect("it is read")), Ok(asked));
    }
    let text = &write_answer(&certificate(1)).expect("it fits")[0];
    assert_eq!(read_answer(&read(&png(text, SIDE).expect("it is drawn")).expect("it is read")), Ok(certificate(1)));
}

#[test]
fn requests_and_answers_are_read_from_a_picture_that_is_turned_and_out_of_focus() {
    for asked in [activation(), return_of(certificate(1))] {
        let drawn = picture(&png(&write_request(&asked).expect("it fits")[0], SIDE).expect("it is drawn"));
        for (degrees, out_of_focus) in [(7.0, 1.0), (-20.0, 1.0), (90.0, 1.0), (180.0, 1.0), (45.0, 0.3)] {
            let photo = encoded(photographed(&drawn, degrees, out_of_focus), ImageFormat::Jpeg);
            let texts = read(&photo).unwrap_or_else(|error| panic!("{degrees} degrees, {out_of_focus}: {error}"));
            assert_eq!(read_request(&texts).as_ref(), Ok(&asked), "{degrees} degrees, {out_of_focus}");
        }
    }
}

#[test]
fn the_largest_text_takes_version_25_and_one_letter_more_is_not_drawn() {
    let most: String = "KW1:".chars().chain("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".chars().cycle()).take(MOST_DRAWN).collect();
    // Version 25 has 117 modules on a side; with the white around them, 125.
    assert_eq!(picture(&png(&most, 1).expect("it is drawn")).width(), 3 * 125);
    let drawn = png(&most, SIDE).expect("it is drawn");
    assert_eq!(read(&drawn).as_deref(), Ok(&[most.clone()][..]));
    let photo = encoded(photographed(&picture(&drawn), 7.0, 0.8), ImageFormat::Png);
    assert_eq!(read(&photo).as_deref(), Ok(&[most.clone()][..]));
    assert!(png(&(most + "A"), SIDE).is_err());
}

#[test]
fn a_document_in_parts_is_read_from_one_sheet_and_from_several() {
    let asked = return_of(certificate(12));
    let drawn: Vec<_> = write_request(&asked).expect("it fits").iter().map(|text| png(text, SIDE).expect("it is drawn")).collect();
    let [left, right] = &drawn[..] else { panic!("two parts") };
    let both: Vec<_> = [right, left].iter().flat_map(|it| read(it).expect("it is read")).collect();
    assert_eq!(read_request(&both), Ok(asked.clone()));
    assert_eq!(read_request(&read(right).expect("it is read")), Err(Unreadable::PartsMissing { missing: vec![1], of: 2 }));
    let (left, right) = (picture(left), picture(right));
    let sheet = GrayImage::from_fn(2 * SIDE, SIDE, |x, y| if x < SIDE { *left.get_pixel(x, y) } else { *right.get_pixel(x - SIDE, y) });
    assert_eq!(read_request(&read(&encoded(sheet, ImageFormat::Png)).expect("it is read")), Ok(asked));
}

/// What is seen on a terminal, as its screenshot shows it.
fn screenshot(letters: &str, ink: u8, paper: u8) -> GrayImage {
    let rows: Vec<Vec<char>> = letters.lines().map(|line| line.chars().collect()).collect();
    let (columns, lines) = (rows[0].len() as u32, rows.len() as u32);
    GrayImage::from_fn(columns * 4, lines * 8, |x, y| {
        let (letter, upper) = (rows[(y / 8) as usize][(x / 4) as usize], y % 8 < 4);
        let inked = match letter {
            ' ' => false,
            '█' => true,
            '▀' => upper,
            '▄' => !upper,
            other => panic!("{other:?}"),
        };
        Luma([if inked { ink } else { paper }])
    })
}

#[test]
fn a_code_on_a_terminal_is_read_whatever_its_colours() {
    let text = &write_request(&activation()).expect("it fits")[0];
    for (terminal, ink, paper) in [(Terminal::Dark, 230, 20), (Terminal::Light, 20, 230), (Terminal::Light, 230, 20)] {
        let shown = letters(text, terminal).expect("it is drawn");
        let read = read(&encoded(screenshot(&shown, ink, paper), ImageFormat::Png));
        assert_eq!(read.as_deref(), Ok(&[text.clone()][..]), "{terminal:?} {ink} on {paper}");
    }
}

#[test]
fn a_picture_without_a_code_or_with_another_says_so() {
    assert_eq!(read(&encoded(GrayImage::new(300, 300), ImageFormat::Png)), Err(Unreadable::NoCode));
    assert_eq!(read(&encoded(GrayImage::new(1, 1), ImageFormat::Jpeg)), Err(Unreadable::NoCode));
    let other = read(&png("https://example.com/", SIDE).expect("it is drawn")).expect("it is read");
    assert_eq!(other, ["https://example.com/"]);
    assert!(matches!(read_request(&other), Err(Unreadable::NotKeyward(_))));
    assert!(matches!(read(b"GIF89a"), Err(Unreadable::NotKeyward(_))));
}

#[test]
fn a_picture_that_is_cut_or_extraordinary_is_an_error() {
    let whole = png("KW1:AAAA", SIDE).expect("it is drawn");
    // The last bytes say nothing but that it is the end.
    for length in (8..whole.len() - 100).step_by(7) {
        assert!(read(&whole[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(read(&[&whole[..], &vec![0; 32 << 20]].concat()), Err(Unreadable::LargePicture));
    // A few bytes that say they are 60,000 pixels wide and high.
    let mut header = whole[..33].to_vec();
    header[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    assert!(matches!(read(&header), Err(Unreadable::LargePicture | Unreadable::Damaged(_))));
}

/// On a white sheet, each at its place.
fn sheet(width: u32, height: u32, codes: &[(u32, u32, &GrayImage)]) -> GrayImage {
    let mut sheet = GrayImage::from_pixel(width, height, Luma([255]));
    for (x, y, code) in codes {
        image::imageops::overlay(&mut sheet, *code, i64::from(*x), i64::from(*y));
    }
    sheet
}

#[test]
fn other_codes_on_the_same_sheet_hide_nothing() {
    let text = &write_request(&activation()).expect("it fits")[0];
    let ours = picture(&png(text, SIDE).expect("it is drawn"));
    let drawn = |text: &str, side| picture(&png(text, side).expect("it is drawn"));
    let (wifi, site) = (drawn("WIFI:T:WPA;S:office;P:guest;;", 300), drawn("https://example.com/a/long/way/to/go?to=the&page=7", 500));
    // One that is torn: its corners are there, and nobody can read it.
    let mut torn = drawn("https://example.com/torn", 400);
    for (x, y) in (100..300).flat_map(|x| (100..300).map(move |y| (x, y))) {
        torn.put_pixel(x, y, Luma([if (x / 7 + y / 11) % 2 == 0 { 0 } else { 255 }]));
    }
    let sheets = [
        sheet(1400, 700, &[(0, 0, &wifi), (700, 50, &ours)]),
        sheet(1400, 1300, &[(0, 0, &site), (700, 0, &torn), (50, 650, &ours)]),
        sheet(1400, 1300, &[(0, 0, &torn), (700, 600, &ours)]),
        sheet(1300, 2000, &[(0, 0, &wifi), (600, 0, &wifi), (0, 700, &ours), (700, 700, &site), (0, 1400, &torn), (700, 1400, &wifi)]),
    ];
    for (number, sheet) in sheets.iter().enumerate() {
        assert_eq!(read(&encoded(sheet.clone(), ImageFormat::Png)).as_deref(), Ok(&[text.clone()][..]), "sheet {number}");
        let photo = encoded(photographed(sheet, 5.0, 0.5), ImageFormat::Jpeg);
        assert_eq!(read(&photo).as_deref(), Ok(&[text.clone()][..]), "a photograph of sheet {number}");
    }
}

#[test]
fn all_parts_on_a_sheet_are_looked_for_though_one_is_seen_at_once() {
    let asked = return_of(certificate(12));
    let drawn: Vec<_> =
        write_request(&asked).expect("it fits").iter().map(|text| picture(&png(text, SIDE).expect("it is drawn"))).collect();
    // The second is light on dark: it is seen only when all is turned around.
    let mut dark = drawn[1].clone();
    image::imageops::invert(&mut dark);
    let both = sheet(1400, 700, &[(20, 20, &drawn[0]), (720, 20, &dark)]);
    assert_eq!(read_request(&read(&encoded(both, ImageFormat::Png)).expect("it is read")), Ok(asked));
}

#[test]
fn a_picture_of_more_pixels_than_are_read_is_to_be_scaled_down() {
    let mut vast = encoded(GrayImage::new(64, 64), ImageFormat::Jpeg);
    // Where the frame says how large it is: 16,320 by 12,240.
    let frame = vast.windows(2).position(|it| it == [0xFF, 0xC0]).expect("a frame");
    vast[frame + 5..frame + 9].copy_from_slice(&[0x2F, 0xD0, 0x3F, 0xC0]);
    let refused = read(&vast).expect_err("it is too large");
    assert!(refused.to_string().contains("scale it down"), "{refused}");
    assert_eq!(refused, Unreadable::LargePicture);
}

#[test]
fn a_photograph_in_colour_is_read() {
    let text = &write_request(&activation()).expect("it fits")[0];
    let coloured = DynamicImage::from(picture(&png(text, SIDE).expect("it is drawn"))).into_rgb8();
    let mut photo = Vec::new();
    DynamicImage::from(coloured).write_to(&mut Cursor::new(&mut photo), ImageFormat::Jpeg).expect("it is encoded");
    assert_eq!(read(&photo).as_deref(), Ok(&[text.clone()][..]));
}
