//! The numbers of a host in its SMBIOS table (DMTF DSP0134). Reads bytes; where they come from is not its business.

/// What the table says of the host itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// The system's UUID, written as Linux writes it.
    pub(crate) uuid: Option<String>,
    /// The serial numbers of system and mainboard.
    pub(crate) serials: Vec<String>,
}

const SYSTEM: u8 = 1;
const BASEBOARD: u8 = 2;
const END: u8 = 127;
/// Where a system and a mainboard say which of their strings is the serial number.
const SERIAL: usize = 7;
const UUID: std::ops::Range<usize> = 8..24;

/// Reads a table; one that is cut short is read as far as it goes.
pub(crate) fn numbers(mut table: &[u8]) -> Numbers {
    let mut numbers = Numbers::default();
    while let Some((structure, rest)) = split(table) {
        let kind = structure.formatted[0];
        if kind == END {
            break;
        }
        if kind == SYSTEM {
            numbers.uuid = numbers.uuid.or_else(|| structure.formatted.get(UUID).and_then(|bytes| bytes.try_into().ok()).map(uuid));
        }
        if kind == SYSTEM || kind == BASEBOARD {
            numbers.serials.extend(structure.string(SERIAL));
        }
        table = rest;
    }
    numbers
}

struct Structure<'a> {
    formatted: &'a [u8],
    strings: &'a [u8],
}

impl Structure<'_> {
    /// The string whose number stands at an offset; strings count from 1, 0 is none.
    fn string(&self, offset: usize) -> Option<String> {
        let number = usize::from(*self.formatted.get(offset)?).checked_sub(1)?;
        let text = self.strings.split(|byte| *byte == 0).nth(number)?;
        Some(String::from_utf8_lossy(text).trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// The first structure: a formatted part that says its length, then strings, then two zero bytes.
fn split(table: &[u8]) -> Option<(Structure<'_>, &[u8])> {
    let length = usize::from(*table.get(1)?);
    if length < 4 {
        return None;
    }
    let (formatted, rest) = table.split_at_checked(length)?;
    let end = rest.windows(2).position(|pair| pair == [0, 0])?;
    Some((Structure { formatted, strings: &rest[..end] }, &rest[end + 2..]))
}

/// The first three fields stand with their low bytes first (since SMBIOS 2.6).
fn uuid(bytes: [u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{}-{}-{}-{}-{}", hex(&[d, c, b, a]), hex(&[f, e]), hex(&[h, g]), hex(&rest[..2]), hex(&rest[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure(kind: u8, formatted: &[u8], strings: &[&str]) -> Vec<u8> {
        let mut bytes = vec![kind, u8::try_from(formatted.len() + 4).expect("it is short"), 0, 0];
        bytes.extend_from_slice(formatted);
        for string in strings {
            bytes.extend_from_slice(string.as_bytes());
            bytes.push(0);
        }
        bytes.extend_from_slice(if strings.is_empty() { &[0, 0] } else { &[0] });
        bytes
    }

    fn table() -> Vec<u8> {
        let mut system = vec![1, 2, 0, 3];
        system.extend(0x00..0x10);
        system.extend([6, 0, 0]);
        [
            structure(0, &[1, 0], &["a maker", "1.0"]),
            structure(4, &[], &[]),
            structure(SYSTEM, &system, &["a maker", "a product", " SYS-77 "]),
            structure(BASEBOARD, &[1, 2, 0, 3], &["a maker", "a board", "BRD-88"]),
            structure(END, &[], &[]),
            structure(BASEBOARD, &[1, 2, 0, 1], &["behind the end"]),
        ]
        .concat()
    }

    #[test]
    fn system_and_board_tell_their_numbers() {
        let expected =
            Numbers { uuid: Some("03020100-0504-0706-0809-0a0b0c0d0e0f".into()), serials: vec!["SYS-77".into(), "BRD-88".into()] };
        assert_eq!(numbers(&table()), expected);
    }

    #[test]
    fn a_table_cut_short_anywhere_is_read_as_far_as_it_goes() {
        let (table, whole) = (table(), numbers(&table()));
        for end in 0..table.len() {
            let part = numbers(&table[..end]);
            assert!(whole.serials.starts_with(&part.serials) && (part.uuid.is_none() || part.uuid == whole.uuid), "{end}");
        }
        assert_eq!(numbers(&[1, 0, 0, 0]), Numbers::default());
    }
}
