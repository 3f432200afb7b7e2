use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::*;

/// Bits of the key 000G4-0R40M-30E20-9185G-R38SC.
const COUNTING: [u8; 15] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

/// Key number so-and-so: random enough, and the same in every run.
fn key(number: u32) -> LicenseKey {
    let digest = Sha256::digest(number.to_be_bytes());
    LicenseKey::from_random(digest[..15].try_into().expect("a digest has 32 bytes"))
}

fn keys() -> impl Iterator<Item = LicenseKey> {
    (0..100).map(key)
}

/// The 25 characters, without dashes.
fn characters(key: &LicenseKey) -> Vec<char> {
    key.expose().chars().filter(|&it| it != '-').collect()
}

fn read(characters: &[char]) -> Result<LicenseKey, LicenseKeyError> {
    characters.iter().collect::<String>().parse()
}

/// Every way to mistype one symbol, with its place.
fn typos(characters: &[char]) -> impl Iterator<Item = (Place, Vec<char>)> {
    Place::all().enumerate().flat_map(move |(index, at)| {
        let others = ALPHABET.iter().map(|&it| char::from(it));
        others.filter(move |&it| it != characters[index]).map(move |wrong| {
            let mut typed = characters.to_vec();
            typed[index] = wrong;
            (at, typed)
        })
    })
}

/// Every way to swap two different neighbours, with their places.
fn swaps(characters: &[char]) -> impl Iterator<Item = (Neighbours, Vec<char>)> {
    let pairs = Neighbours::all().enumerate();
    let pairs = pairs.filter(|&(index, _)| characters[index] != characters[index + 1]);
    pairs.map(|(index, pair)| {
        let mut typed = characters.to_vec();
        typed.swap(index, index + 1);
        (pair, typed)
    })
}

/// Computed once by another program (Python's hmac and a search for the check symbols).
#[test]
fn bits_text_and_seed_are_what_they_were_in_the_first_release() {
    for (bytes, text, seed) in [
        (COUNTING, "000G4-0R40M-30E20-9185G-R38SC", "3463b05da04533d36ba879f83bd37b8061bcce17c249448d74d0ce7fe91f12fb"),
        ([0xFF; 15], "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZV4", "d23ef90f524b3ac637f3f5f38966cd845e84d8a9bcae428d2bc627d33324f01f"),
    ] {
        let key = LicenseKey::from_random(bytes);
        assert_eq!(*key.expose(), text);
        assert_eq!(data_encoding::HEXLOWER.encode(&*key.seed()), seed);
    }
}

#[test]
fn a_key_reads_back_as_the_same_key_with_the_same_seed() {
    for key in keys() {
        let again: LicenseKey = key.expose().parse().expect("reads back");
        assert!(again == key);
        assert_eq!(again.seed(), key.seed());
    }
}

#[test]
fn exactly_the_first_115_bits_count() {
    let of = |bytes| LicenseKey::from_random(bytes);
    for bit in 0..120 {
        let mut bytes = [0x5A; 15];
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
        assert_eq!(of(bytes) != of([0x5A; 15]), bit < 115, "bit {bit}");
    }
}

#[test]
fn every_single_typo_is_found_with_its_exact_place() {
    for key in keys() {
        let characters = characters(&key);
        assert_eq!(typos(&characters).count(), 25 * 31);
        for (at, typed) in typos(&characters) {
            assert_eq!(read(&typed), Err(LicenseKeyError::Mistyped { at }));
        }
    }
}

#[test]
fn every_swap_of_different_neighbours_is_found_as_a_swap_with_its_place_among_the_suspects() {
    let (mut all, mut certain, mut named) = (0, 0, 0);
    for key in keys() {
        for (swapped, typed) in swaps(&characters(&key)) {
            let suspects = match read(&typed).expect_err("two are swapped") {
                LicenseKeyError::Swapped { pair } => vec![pair],
                LicenseKeyError::Suspects { pairs } => pairs,
                other => panic!("{other:?}"),
            };
            assert!(suspects.contains(&swapped), "{swapped} in {suspects:?}");
            all += 1;
            certain += u32::from(suspects.len() == 1);
            named += suspects.len();
        }
    }
    assert!(certain * 5 > all * 2, "only {certain} of {all} have one suspect");
    assert!(named < 2 * all as usize, "{named} suspects for {all} swaps");
}

#[test]
fn two_typos_never_pass_and_some_are_found_to_be_more_than_one() {
    let mut more_than_one = 0;
    for key in keys() {
        for (at, typed) in typos(&characters(&key)).step_by(97) {
            for (_, typed) in typos(&typed).step_by(13).filter(|(other, _)| *other != at) {
                let error = read(&typed).expect_err("two are wrong");
                more_than_one += u32::from(error == LicenseKeyError::DoesNotCheck);
            }
        }
    }
    assert!(more_than_one > 0);
}

#[test]
fn look_alikes_lower_case_and_foreign_typography_read_as_the_same_key() {
    let key = LicenseKey::from_random(COUNTING);
    for typed in [
        "000g4-0r40m-30e20-9185g-r38sc",
        "OoOG4-oR4OM-3OE2O-9i85G-R38SC",
        "000G4-0R40M-30E20-9l85G-R38SC",
        "000G4-0R40M-30E20-9I85G-R38SC",
        "000G4-0R40M-30E20-9L85G-R38SC",
        "000G40R40M30E209185GR38SC",
        " \t000G4 0R40M  30E20 --9185G-\r\nR38SC\n",
        "000G4\u{2010}0R40M\u{2013}30E20\u{2014}9185G\u{2212}R38SC",
        "000G4\u{2011}0R40M\u{2012}30E20\u{2015}9185G\u{FF0D}R38SC",
        "\u{FEFF}000G4\u{200B}-0R40M\u{00A0}30E20\u{00AD}\u{3000}9185G\u{2060}R38SC\u{200E}",
        "０００Ｇ４－０Ｒ４０Ｍ－３０Ｅ２０－９１８５Ｇ－Ｒ３８ＳＣ",
        "ｏ００ｇ４　０ｒ４０ｍ　３０ｅ２０　９ｌ８５ｇ　ｒ３８ｓｃ",
    ] {
        assert_eq!(typed.parse().as_ref(), Ok(&key), "{typed:?}");
    }
}

#[test]
fn an_error_says_what_is_wrong_where_and_what_to_do() {
    for (typed, text) in [
        ("", "the number of characters is 0 instead of 25; compare it with the original and type it again"),
        ("000G4-0R40M-30E20-9185G-R38S", "the number of characters is 24 instead of 25; compare it with the original and type it again"),
        (
            "000G4-0R40M-30E20-9185G-R38SC-C.U",
            "the number of characters is 28 instead of 25; compare it with the original and type it again",
        ),
        (
            "000G4-0R4uM-30E20-9185G-R38SC",
            "the 4th character of group 2 is a U, which no license key contains; look whether it should be a V",
        ),
        (
            "000G4-0R40M-30E20-9185G-R38SＵ",
            "the 5th character of group 5 is a U, which no license key contains; look whether it should be a V",
        ),
        (
            "000G4.0R40M-30E20-9185G-R38SC",
            "the 1st character of group 2 is '.', which is neither a letter A to Z nor a digit; type it again",
        ),
        (
            "000G4-0R40M-30E20-9185G-R38S\u{7}",
            "the 5th character of group 5 is '\\u{7}', which is neither a letter A to Z nor a digit; type it again",
        ),
        ("000G4-0RV0M-30E20-9185G-R38SC", "the 3rd character of group 2 looks mistyped; compare it with the original"),
        (
            "00G04-0R40M-30E20-9185G-R38SC",
            "two neighbours look swapped, either the 3rd and 4th characters of group 1 or the 5th character of group 1 and the 1st character of group 2; compare them with the original",
        ),
        ("000G4-0R40M-30E20-9158G-R38SC", "the 3rd and 4th characters of group 4 look swapped; compare them with the original"),
        (
            "000G4-0R403-M0E20-9185G-R38SC",
            "the 5th character of group 2 and the 1st character of group 3 look swapped; compare them with the original",
        ),
        ("ZZZZZ-ZZZZZ-ZZZZZ-ZZZ00-ZZZV4", "it does not check, and more than one character is wrong; type it again"),
    ] {
        let error = typed.parse::<LicenseKey>().expect_err("a slip");
        assert_eq!(error.to_string(), text, "{typed:?}");
    }
}

#[test]
fn no_error_and_no_debug_form_holds_five_characters_of_the_key() {
    for key in keys().take(20) {
        let characters = characters(&key);
        let bare: String = characters.iter().collect();
        let typos = typos(&characters).map(|(_, typed)| typed);
        let swaps = swaps(&characters).map(|(_, typed)| typed);
        let others = [
            bare[..24].to_owned(),
            format!("{bare}0"),
            format!("U{}", &bare[1..]),
            format!("?{}", &bare[1..]),
            format!("ZZ{}", &bare[2..]),
        ];
        let others = others.iter().map(|it| it.chars().collect());
        let mut said = BTreeSet::from([format!("{key:?}"), format!("{:?}", Some(&key))]);
        for typed in typos.chain(swaps).chain(others) {
            let error = read(&typed).expect_err("a slip");
            said.extend([error.to_string(), format!("{error:?}")]);
        }
        for said in said {
            let said = said.to_uppercase();
            for run in characters.windows(5) {
                let run: String = run.iter().collect();
                assert!(!said.contains(&run), "{said}");
            }
        }
    }
    assert_eq!(format!("{:?}", key(0)), "LicenseKey(*****)");
}

#[test]
fn keys_that_differ_have_different_seeds() {
    let seeds: BTreeSet<_> = keys().map(|it| *it.seed()).collect();
    assert_eq!(seeds.len(), keys().count());
    // Even those that differ in one random symbol only.
    for index in 0..RANDOM {
        let mut bytes = [0x5A; 15];
        bytes[index * 5 / 8] ^= 0x80 >> (index * 5 % 8);
        let other = LicenseKey::from_random(bytes);
        let first = LicenseKey::from_random([0x5A; 15]);
        assert_ne!(other.seed(), first.seed(), "symbol {index}");
    }
}

#[test]
fn the_last_five_show_masked_and_travel_as_five_characters() {
    let key = LicenseKey::from_random(COUNTING);
    let last_five = key.last_five();
    assert_eq!(last_five.as_str(), "R38SC");
    assert_eq!(last_five.to_string(), "*****-*****-*****-*****-R38SC");
    let json = serde_json::to_string(&last_five).expect("writes");
    assert_eq!(json, r#""R38SC""#);
    assert_eq!(serde_json::from_str::<LastFive>(&json).expect("reads"), last_five);
    for wrong in ["", "R38S", "R38SCC", "r38sc", "R38SU", "R38S-", "éR38"] {
        assert_eq!(LastFive::try_from(wrong.to_owned()), Err(LastFiveError), "{wrong:?}");
    }
}
