//! Samples of what the command line says.

use keyward_ports::Trouble;

use super::at;
use crate::{CommandText, Say as _};

pub(super) fn texts() -> Vec<CommandText> {
    let (code, what, file) = (|| "revoked".to_owned(), || "this".to_owned(), || "cad2027-03-31-resp.xml".to_owned());
    let license = |until| CommandText::License {
        license: "Example CAD Professional".into(),
        status: "on".into(),
        until,
        trust: "sure".into(),
        id: "A-JUECBXR6U2TQJ2WN".into(),
    };
    let server = || "keys.example:443".to_owned();
    let portal = || Some("https://keys.example/portal".to_owned());
    vec![
        CommandText::Refused { code: code(), what: what() },
        CommandText::Failed { code: code(), what: what() },
        CommandText::NoAnswer { code: code(), what: what() },
        CommandText::WrongFile { code: code(), what: what() },
        CommandText::Wrong { what: what() },
        CommandText::About { about: "1".into(), what: what() },
        license(Some(at())),
        license(None),
        CommandText::NotReadable,
        CommandText::NoProduct,
        CommandText::NoProfile { file: "cad.toml".into(), why: "it is empty".into() },
        CommandText::NoKey,
        CommandText::NameARow,
        CommandText::NameARequest,
        CommandText::ReturnBegun,
        CommandText::Carry { portal: portal() },
        CommandText::Carry { portal: None },
        CommandText::CarryReturn { portal: portal() },
        CommandText::CarryReturn { portal: None },
        CommandText::PictureSaved { file: "request.png".into() },
        CommandText::FileIsMissing,
        CommandText::TooManyCodes { codes: 10, most: 9 },
        CommandText::OrByHand,
        CommandText::NotTaken { file: Some(file()) },
        CommandText::NotTaken { file: None },
        CommandText::Request,
        CommandText::AboutLicense,
        CommandText::Since,
        CommandText::Name,
        CommandText::HowToMakeAgain,
        CommandText::CertificateUnbelieved { server: server() },
        CommandText::ServerSilent { attempt: Trouble::Timeout.message() },
        CommandText::DoneButNotRead { server: server(), line: 1, column: 20 },
        CommandText::ByServer { server: server() },
        CommandText::TokenNotRead { file: "admin-token".into(), why: "no such file".into() },
        CommandText::TokenIsNone { file: "admin-token".into() },
        CommandText::AuthoritiesNotRead { file: "ca.pem".into(), why: "no such file".into() },
        CommandText::RootNotWritten { file: "root.json".into(), why: "it is there".into() },
        CommandText::RootNotRead { file: "root.json".into(), why: "no such file".into() },
        CommandText::RootIsNone { file: "root.json".into() },
        CommandText::NoAddress { address: "keys".into() },
        CommandText::FileIsAnswer { file: file() },
        CommandText::AnswerNotLost,
    ]
}
