//! `network`: seats at the license servers of a site (rows N2, N3, N5).

use std::ffi::OsString;
use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use keyward::{Left, Offer, Seated, ServerAddress, ServerBook, license_servers, wish};
use keyward_domain::time::days;
use keyward_engine::license_manager::network::Network as Engine;
use keyward_words::{CommandText, Label, NetworkText, Words};

use super::act::show;
use super::holding::hold;
use super::{Host, HostOptions};
use crate::exit::Failure;
use crate::output::table;
use crate::progress::{steps, wait};

/// The verbs of `network`.
#[derive(Subcommand)]
pub(crate) enum NetworkVerb {
    /// Show what a license server offers: seats, who has them, what may be borrowed
    Query(Query),
    /// Take a seat; with a command, hold it until the command ends
    Use(Use),
    /// Give the seat back, whichever program took it
    Leave(Leave),
}

/// The options of `network query`.
#[derive(Args)]
pub(crate) struct Query {
    /// The license server
    #[arg(value_name = "HOST[:PORT]")]
    at: ServerAddress,
    /// As data
    #[arg(long)]
    json: bool,
}

/// The options of `network use`.
#[derive(Args)]
pub(crate) struct Use {
    /// The license servers, tried in this order
    #[arg(required = true, value_name = "HOST[:PORT]")]
    at: Vec<ServerAddress>,
    /// Where all seats are in use, wait until one is free
    #[arg(long)]
    wait: bool,
    /// Hold the seat while this command runs; its exit code is the result
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The options of `network leave`.
#[derive(Args)]
pub(crate) struct Leave {
    /// The license server, if it has another address now
    #[arg(long, value_name = "HOST[:PORT]")]
    at: Vec<ServerAddress>,
}

impl NetworkVerb {
    pub(crate) fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<ExitCode, Failure> {
        match self {
            Self::Query(verb) => verb.run(options, out).map(|()| ExitCode::SUCCESS),
            Self::Use(verb) => verb.run(options, out),
            Self::Leave(verb) => verb.run(options, out).map(|()| ExitCode::SUCCESS),
        }
    }
}

/// The license servers at these addresses, as a host's user sees them.
pub(super) fn engine(host: &Host, at: Vec<ServerAddress>, wish: keyward::Wish) -> Engine {
    Engine::new(host.manager.clone(), license_servers(), at, wish)
}

/// These addresses, then those that were met before.
pub(super) fn known(host: &Host, typed: Vec<ServerAddress>) -> Vec<ServerAddress> {
    let mut all = typed;
    for at in ServerBook::at(&host.places).addresses() {
        if !all.contains(&at) {
            all.push(at);
        }
    }
    all
}

/// Writes down who was met: a verb that names no server finds it there.
pub(super) fn remember(host: &Host, network: &Engine) {
    if let Some((at, server)) = network.server() {
        // Without the book an address has to be typed again; the act itself is done.
        let _ = ServerBook::at(&host.places).met(&at, server);
    }
}

impl Query {
    fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (host, words) = (options.open()?, options.words());
        let network = engine(&host, vec![self.at], wish());
        let offers = wait(network.query())?;
        remember(&host, &network);
        if self.json {
            return crate::output::json(out, &offers);
        }
        if let Some((at, server)) = network.server() {
            writeln!(out, "{}", words.say(&NetworkText::Server { at: at.to_string(), id: server.to_string() }))?;
        }
        let product = &host.manager.profile().product;
        let ours: Vec<_> = offers.iter().filter(|it| it.product == *product).collect();
        if ours.is_empty() {
            return Ok(writeln!(out, "{}", words.tell(&NetworkText::NothingOffered))?);
        }
        writeln!(out, "{}", licenses(&ours, words))?;
        Ok(writeln!(out, "{}", holders(&ours, words))?)
    }
}

fn licenses(offers: &[&Offer], words: Words) -> comfy_table::Table {
    let head = |text: NetworkText| words.say(&text);
    let mut table = table([
        words.say(&CommandText::AboutLicense),
        words.label(Label::Edition),
        head(NetworkText::Seats),
        head(NetworkText::InUse),
        head(NetworkText::Free),
        head(NetworkText::Waiting),
        head(NetworkText::Borrowable),
        head(NetworkText::LongestLoan),
        head(NetworkText::Latest),
    ]);
    for it in offers {
        let longest = it.days.map(|most| words.say(&NetworkText::Lasting { length: days(most.into()) }));
        table.add_row([
            it.license.to_string(),
            words.list(&it.editions),
            it.seats.to_string(),
            it.used.to_string(),
            it.free.to_string(),
            it.waiting.to_string(),
            it.borrowable.to_string(),
            longest.unwrap_or_else(|| "-".into()),
            it.latest.map_or_else(|| "-".into(), |latest| latest.to_string()),
        ]);
    }
    table
}

fn holders(offers: &[&Offer], words: Words) -> String {
    if offers.iter().all(|it| it.holders.is_empty()) {
        return words.say(&NetworkText::NobodySits);
    }
    let mut table = table([
        words.say(&CommandText::AboutLicense),
        words.label(Label::Device),
        words.say(&NetworkText::User),
        words.say(&CommandText::Since),
        words.say(&NetworkText::Due),
    ]);
    for (offer, it) in offers.iter().flat_map(|offer| offer.holders.iter().map(move |it| (offer, it))) {
        table.add_row([
            offer.license.to_string(),
            it.host.to_string(),
            it.user.to_string(),
            it.since.to_string(),
            it.due.map_or_else(|| "-".into(), |due| due.to_string()),
        ]);
    }
    table.to_string()
}

impl Use {
    fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<ExitCode, Failure> {
        let (host, words) = (options.open()?, options.words());
        let network = engine(&host, self.at, wish());
        let waiting = self.wait;
        let seated = wait(async {
            match network.check_out(&steps(words)).await? {
                Seated::Full { refusal, ticket } if waiting => {
                    tell(&words.tell(&refusal));
                    let turns = |place: u32| tell(&words.say(&NetworkText::Place { place: place.into() }));
                    network.wait_with(ticket, &changes(turns), &steps(words)).await.map_err(Failure::from)
                }
                Seated::Full { refusal, .. } => Err(Failure::refusal(&refusal)),
                seated => Ok(seated),
            }
        })?;
        remember(&host, &network);
        let (row, text) = match &seated {
            Seated::Has(row) => (row, NetworkText::Taken),
            Seated::Shares(row) if network.trouble().is_some() => (row, NetworkText::UsedOn),
            Seated::Shares(row) => (row, NetworkText::Shared),
            Seated::Borrowed(row) => (row, NetworkText::BorrowedHere),
            // Whoever waits has a seat or goes on waiting.
            Seated::Full { refusal, .. } => return Err(Failure::refusal(refusal)),
        };
        if self.command.is_empty() {
            // Whatever is started next keeps it.
            wait(network.hand_over())?;
            network.trouble().inspect(|trouble| tell(&words.tell(&**trouble)));
            writeln!(out, "{}", words.say(&text))?;
            show(&host.manager, row.as_str(), words, out)?;
            return Ok(ExitCode::SUCCESS);
        }
        wait(hold(&host, &network, &self.command, words))
    }
}

impl Leave {
    fn run(self, options: &HostOptions, out: &mut dyn Write) -> Result<(), Failure> {
        let (host, words) = (options.open()?, options.words());
        let at = known(&host, self.at);
        let network = engine(&host, at, wish());
        let text = match wait(network.leave_everywhere())? {
            Some(Left::Free) => NetworkText::Left,
            Some(Left::Unheard) => NetworkText::LeftUnheard,
            None => NetworkText::NoSeat,
        };
        remember(&host, &network);
        Ok(writeln!(out, "{}", words.say(&text))?)
    }
}

/// Says it on stderr, where it is not taken for the result.
pub(super) fn tell(text: &str) {
    // When even stderr is closed there is nobody left to tell.
    let _ = writeln!(stderr(), "{text}");
}

/// Told only of changes.
fn changes(turns: impl Fn(u32) + Send + Sync) -> impl Fn(u32) + Send + Sync {
    let last = std::sync::atomic::AtomicU32::new(0);
    move |place| {
        if last.swap(place, std::sync::atomic::Ordering::Relaxed) != place {
            turns(place);
        }
    }
}
