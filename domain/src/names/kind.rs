//! What kinds of names there are, and which characters each may have.

use std::fmt;

/// A kind of name. Its `Display` is a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// What a vendor calls a product in commands.
    Product,
    /// An edition.
    Edition,
    /// A version.
    Version,
    /// A language.
    Language,
    /// A feature.
    Feature,
    /// What a host calls itself.
    Host,
    /// Who uses a host.
    User,
    /// What was sold.
    Entitlement,
    /// Whoever shows a token.
    Token,
    /// One slot of what was sold.
    Activation,
    /// How a backend signs.
    Scheme,
}

/// The characters that a kind of name may have. Its `Display` fits after "use".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Those of identifiers.
    Identifier,
    /// Those of tags of languages (BCP 47).
    LanguageTag,
    /// Whatever can be printed.
    Printable,
    /// Whatever can be seen.
    Visible,
}

impl Allowed {
    /// Whether a character is one of them.
    pub(super) fn takes(self, c: char) -> bool {
        match self {
            Self::Identifier | Self::LanguageTag => c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'),
            Self::Printable => !c.is_control(),
            Self::Visible => visible(c),
        }
    }
}

/// Printable, and nothing that is not seen itself but changes how the text around it is (Unicode 16: general categories Cf, Zl and Zp).
fn visible(c: char) -> bool {
    let is_hidden = matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0001}' | '\u{e0020}'..='\u{e007f}');
    !c.is_control() && !is_hidden
}

impl fmt::Display for NameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Product => "product id",
            Self::Edition => "edition",
            Self::Version => "version",
            Self::Language => "language",
            Self::Feature => "feature",
            Self::Host => "host name",
            Self::User => "user name",
            Self::Entitlement => "entitlement id",
            Self::Token => "token's name",
            Self::Activation => "activation id",
            Self::Scheme => "name of a scheme",
        })
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identifier => "letters, digits, '-', '_' and '.'",
            Self::LanguageTag => "letters, digits and '-', as in en-US",
            Self::Printable => "printable characters",
            Self::Visible => "characters that can be seen",
        })
    }
}
