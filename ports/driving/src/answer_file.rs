//! An answer as a file: what it is called, and what its summary tells people. The summary is not signed, and no program reads it.

use keyward_domain::document::Kind;
use keyward_domain::names::{HostName, ProductId};
use keyward_domain::time::Timestamp;
use keyward_ports::FileName;

use crate::console::Verdict;

/// What the file is called where the name of its request's file is not known: as the guides call it (rows M3, M4). Refused or not, the answer
/// to a return is called so.
pub fn name(product: &ProductId, issued: Timestamp, asked: Kind) -> FileName {
    FileName::of_answer(&FileName::of_request("{product}{date}", product.as_str(), issued, asked).to_string())
}

/// What the summary says: a word and what it stands for.
pub fn summary(product: &ProductId, host: Option<&HostName>, verdict: &Verdict, issued: Timestamp) -> Vec<(&'static str, String)> {
    let mut lines = vec![("Product", product.to_string())];
    lines.extend(host.map(|host| ("Device", host.to_string())));
    lines.extend([("Answer", verdict.to_string()), ("Issued", issued.to_string())]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_return_is_called_so() {
        let issued = "2027-01-02T03:04:05Z".parse().expect("an instant");
        let product = "cad".parse().expect("a product");
        let name = |asked| name(&product, issued, asked).to_string();
        assert_eq!(name(Kind::Return), "cad2027-01-02-resp-return.xml");
        for asked in [Kind::Activate, Kind::Refresh, Kind::Trial] {
            assert_eq!(name(asked), "cad2027-01-02-resp.xml");
        }
    }
}
