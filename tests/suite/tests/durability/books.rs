//! Compares what hosts were told with what stands in the server's books. Pure.

use std::collections::BTreeMap;

use keyward_domain::names::{ActivationId, EntitlementId};

/// What one host was told, in the end.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// Under which entitlement it asked.
    pub(crate) of: EntitlementId,
    /// The activation of its certificate; none = refused.
    pub(crate) granted: Option<ActivationId>,
}

/// What stands in the books about one entitlement.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) of: EntitlementId,
    /// For so many hosts it was sold.
    pub(crate) activations: usize,
    /// The activations in its slots.
    pub(crate) slots: Vec<ActivationId>,
}

/// Everything that is wrong: slots above the limit or below what the hosts could have had, an activation given twice, a certificate
/// without its slot, a slot without its certificate.
pub(crate) fn faults(told: &[Told], books: &[Account]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut given = BTreeMap::new();
    for Told { of, granted } in told {
        let Some(activation) = granted else { continue };
        if given.insert(activation, of).is_some() {
            faults.push(format!("two hosts were given {activation}"));
        }
    }
    let mut kept = BTreeMap::new();
    for Account { of, activations, slots } in books {
        let asked = told.iter().filter(|it| it.of == *of).count();
        let granted = told.iter().filter(|it| it.of == *of && it.granted.is_some()).count();
        let due = asked.min(*activations);
        if (slots.len(), granted) != (due, due) {
            faults.push(format!("{of} has {} slots and {granted} certificates where {due} are due", slots.len()));
        }
        for activation in slots {
            if kept.insert(activation, of).is_some() {
                faults.push(format!("{activation} stands in two slots"));
            }
            if given.get(activation) != Some(&of) {
                faults.push(format!("{activation} stands in a slot of {of} and no host of it has that"));
            }
        }
    }
    let lost = given.keys().filter(|activation| !kept.contains_key(*activation));
    faults.extend(lost.map(|activation| format!("{activation} was given and is lost")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(of: &str, granted: Option<&str>) -> Told {
        Told { of: of.parse().expect("an id"), granted: granted.map(|it| it.parse().expect("an id")) }
    }

    fn account(of: &str, activations: usize, slots: &[&str]) -> Account {
        Account { of: of.parse().expect("an id"), activations, slots: slots.iter().map(|it| it.parse().expect("an id")).collect() }
    }

    #[test]
    fn books_that_do_not_agree_with_the_hosts_are_noticed() {
        let hosts = [told("E-1", Some("A-1")), told("E-1", Some("A-2")), told("E-1", None), told("E-2", Some("A-3"))];
        let full = account("E-1", 2, &["A-1", "A-2"]);
        let table: &[(&[Told], &[Account], &str)] = &[
            (&hosts, &[full.clone(), account("E-2", 9, &["A-3"])], ""),
            (
                &hosts,
                &[full.clone(), account("E-2", 9, &[])],
                "E-2 has 0 slots and 1 certificates where 1 are due|A-3 was given and is lost",
            ),
            (
                &hosts,
                &[full, account("E-2", 9, &["A-3", "A-4"])],
                "E-2 has 2 slots and 1 certificates where 1 are due|A-4 stands in a slot of E-2 and no host of it has that",
            ),
            (
                &hosts,
                &[account("E-1", 3, &["A-1", "A-2"]), account("E-2", 9, &["A-3"])],
                "E-1 has 2 slots and 2 certificates where 3 are due",
            ),
            (
                &hosts,
                &[account("E-1", 1, &["A-1", "A-2"]), account("E-2", 9, &["A-3"])],
                "E-1 has 2 slots and 2 certificates where 1 are due",
            ),
            (
                &[told("E-1", Some("A-1")), told("E-1", Some("A-1"))],
                &[account("E-1", 2, &["A-1", "A-1"])],
                "two hosts were given A-1|A-1 stands in two slots",
            ),
        ];
        for (told, books, expected) in table {
            assert_eq!(faults(told, books).join("|"), *expected);
        }
    }
}
