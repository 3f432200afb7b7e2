### What Keyward says, in English.
###
### A text is a whole sentence; `.remedy` says what to do next, in whole sentences; `.title` is a word or two for a cell of a table.
### Labels have no full stop. Whoever adds a text adds it to every language; tests compare them.

## How things stand together

verbatim = { $text }
untold = { $text }
join-list = { $before }, { $next }
join-choice = { $before }, or the { $next }
join-clauses = { $before }; { $next }
join-sentences = { $before } { $next }
length-minutes = { $minutes } min
length-hours = { $hours } h { $minutes } min
length-days = { $days } d { $hours } h

## Labels: titles and pages

label-this-language = English
label-languages = Language
label-license-manager = License Manager
label-portal = License Portal
label-license-information = License Information
label-license-key = License key
label-usb-dongle = USB Dongle
label-return-license = Return License
label-license-management = License Management
label-activation = Activation
label-account = Account
label-proxy-settings = Proxy settings

## Labels: ways

label-online-activation = Online Activation
label-manual-activation = Manual Activation
label-network-license = Network License
label-borrow-license = Borrow License
label-standalone-dongle = Standalone Dongle
label-network-dongle = Network Dongle
label-online-return = Online Return
label-manual-return = Manual Return
label-borrowed-return = Borrowed Return

## Labels: heads of tables

label-number = Number
label-product-version-language = Product/Version/Language
label-product = Product
label-version = Version
label-edition = Edition
label-language = Language
label-status = Status
label-expiration-date = Expiration date
label-trust-flag = Trust flag
label-encryption-type = Encryption Type
label-license-type = License Type
label-service-period = Service Period
label-license-status = License Status
label-response-xml = Response XML
label-device = Device
label-last-seen = Last seen
label-history = History
label-time = Time
label-event = Event
label-activations = Activations
label-request-file = Request file
label-answer-file = Answer file
label-qr-code = QR code

## Labels: buttons

label-activate = Activate
label-start-trial = Start trial
label-refresh = Refresh
label-return = Return
label-borrow = Borrow
label-query = Query
label-generate = Generate
label-load = Load
label-submit = Submit
label-download = Download
label-choose-file = Choose file
label-save = Save
label-cancel = Cancel
label-close = Close
label-back = Back
label-log-in = Log in
label-log-out = Log out
label-free-slot = Free this slot
label-help = Help
label-skip-to-content = Skip to the content

## Labels: cells

label-never-expires = Never
label-fully-trusted = Fully Trusted
label-not-this-host = Not This Host
label-no-licenses = There are no licenses
label-no-answer-yet = No answer yet
label-valid = Valid
label-expired = Expired
label-not-yet-valid = Not valid yet
label-revoked = Revoked
label-unknown = Unknown

## Labels: before a text

label-cause = Cause
label-what-to-do = What to do
label-error = Error
label-note = Note

## Notices

notice-trial-left =
    { $days ->
        [one] Trial will expire in 1 day.
       *[other] Trial will expire in { $days } days.
    }
notice-trial-left-until =
    { $days ->
        [one] Trial will expire in 1 day, at { $until }.
       *[other] Trial will expire in { $days } days, at { $until }.
    }
notice-period = { $from } to { $until }
notice-period-without-end = from { $from }, without an end
notice-activations-in-use = { $used } of { $most } in use
notice-activated = Activated. Nothing has to be restarted.
notice-refreshed = Refreshed.
notice-nothing-to-refresh = There is nothing to refresh.
notice-returned = Return license successfully. It can be activated on another host.
notice-host-is-new = This host has a new key.
    .remedy = Activate with the license key: this host gets a slot of its own.
notice-request-saved = The request is in the file { $file }.
    .remedy = Have it answered in the vendor's portal or by your reseller, then load the answer here.
notice-return-request-saved = The license is off on this host from now on, and the return request is in the file { $file }.
    .remedy = Have it answered in the vendor's portal or by your reseller: then the license is free for another host. Load the answer here to have the row removed.
notice-request-shown = This picture is the request.
    .remedy = Scan it with a phone, have it answered in the vendor's portal, then load the answer here.
notice-answer-saved = The answer is in the file { $file }.
    .remedy = Load it on the host that made the request.
notice-answer-ready = The answer is ready.
    .remedy = Download it, bring it to the host that made the request, and load it there.
notice-waiting = Waiting for the answer to this request: { $kind }.
    .remedy = Refresh to send the same request again, or load the answer file.
notice-nothing-waits = No request is waiting for an answer.
notice-how-to-activate-by-file = Choose the request file that the License Manager made on your host (its name ends with .xml), and submit it. Then download the answer and load it on that host.
notice-how-to-return-by-file = Choose the return request that the License Manager made on your host (its name ends with -return.xml), and submit it. Then download the answer and load it on that host.
notice-how-to-log-in = Enter the license key that you got from the vendor: 25 characters in five groups.
notice-not-let-in = There is no license with this key.
    .remedy = Check the key against the vendor's message. If it is right, ask the vendor.
notice-too-often = There were too many attempts from your address.
    .remedy =
        { $seconds ->
            [one] Try again in 1 second.
           *[other] Try again in { $seconds } seconds.
        }
notice-form-is-old = This page was open too long, or the form does not come from this portal. Nothing was changed.
    .remedy = Fill in the form again.
notice-logged-out = You are logged out.
notice-no-file-chosen = No file was chosen.
    .remedy = Choose the request file, then submit it.
notice-file-too-large =
    { $most ->
        [one] The file is too large: a request has at most 1 byte.
       *[other] The file is too large: a request has at most { $most } bytes.
    }
    .remedy = Choose the request file that the License Manager made.
notice-link-sent = If the vendor knows the address of this license's owner, a link was sent there. It works once.
    .remedy = Open the link in that message to free the slot. If no message comes, ask the vendor.
notice-link-is-old = This link was used before, is too old, or was not copied whole.
    .remedy = Ask for a new one.
notice-freeing-a-slot = The license stops on { $host } when that host next makes contact, and can be activated elsewhere at once. Do this only if the host is lost or cannot return the license itself.
notice-slot-freed = The slot of { $host } is free.
    .remedy = Activate with the license key on another host.
notice-no-such-page = There is no such page.
    .remedy = Go back to the first page.
notice-out-of-order = The server cannot do this at the moment. Nothing was changed.
    .remedy = Try again later.

## Refusals

refusal-other-vendor = The request is addressed to another vendor.
    .remedy = Use the product profile that came with the product.
refusal-unknown-key = The vendor knows no such license key.
    .remedy = Check the key against the vendor's message. If it is right, ask the vendor.
refusal-key-replaced = This license key was replaced by a new one.
    .remedy = Use the new key that the vendor sent.
refusal-other-product = This license key is for the product { $product }.
    .remedy = Activate it in { $product }.
refusal-unknown-product = The vendor has no product { $product }.
    .remedy = Ask the vendor for a product profile that is up to date.
refusal-unknown-edition = The product has no edition { $edition }.
    .remedy = Choose one of these editions: { $editions }.
refusal-maintenance-ended = Version { $version } was released after maintenance ended at { $until }.
    .remedy = Use an older version, or extend the maintenance.
refusal-expired = The license ended at { $until }.
    .remedy = Ask the vendor to extend it, then try again.
refusal-revoked = The vendor revoked this license.
    .remedy = Ask the vendor.
refusal-needs-license-server = This is a network license: it is activated on a license server.
    .remedy = Activate it on a license server and connect to that.
refusal-needs-dongle = This license is on a dongle.
    .remedy = Plug in the dongle.
refusal-stand-alone-key-has-no-server = This is a stand-alone license key: it has no seats for a license server.
    .remedy = Activate it on the host itself, or use a network license key here.
refusal-stand-alone-dongle-has-no-server = This is a stand-alone dongle: it has no seats for a license server.
    .remedy = Plug it into the host itself.
refusal-no-activation-left =
    { $activations ->
        [one] The one activation is in use: { $holders }.
       *[other] All { $activations } activations are in use: { $holders }.
    }
    .remedy = Return the license on one of these hosts, or have the owner free the slot of a host that is lost.
holder = { $host } since { $since }
refusal-moves-spent =
    { $moves ->
        [one] This license moved once
       *[other] This license moved { $moves } times
    } within { $days ->
        [one] 1 day
       *[other] { $days } days
    }, which is the most.
    .remedy = Try again at { $next }, or ask the vendor.
refusal-transfers-spent =
    { $transfers ->
        [one] 1 slot was freed
       *[other] { $transfers } slots were freed
    } within { $days ->
        [one] 1 day
       *[other] { $days } days
    }, which is the most.
    .remedy = Try again at { $next }, or ask the vendor.
refusal-no-moves = This license moves to no other installation: its budget of moves is none.
    .remedy = Return it where it is in use, or ask the vendor to free its slot.
refusal-no-transfers = The owner of this license frees no slots: its budget of transfers is none.
    .remedy = Return it on its host, or ask the vendor to free the slot.
refusal-not-this-host = The license is bound to another host.
    .remedy = Activate here with the license key.
refusal-unknown-activation = The key server knows no such activation of this host.
    .remedy = Activate again with the license key.
refusal-copied-host = Another host is using a copy of this host's license vault.
    .remedy = On the copy, run `keyward host new` and activate with the license key, or take a seat again: it counts as a host of its own.
refusal-request-spent = This request was answered before, and what it granted was given back since.
    .remedy = Activate again.
refusal-trial-over = The trial on this host ended at { $until }.
    .remedy = Activate with a license key.
refusal-no-trial = The vendor offers no trial of this product.
    .remedy = Activate with a license key.
refusal-unsupported = This server cannot do this: { $kind }.
    .remedy = Use a license server or a product that supports it.
refusal-other-server = The request is addressed to another license server.
    .remedy = Connect to the license server anew: the computer at this address is another one now.
refusal-no-pool = This license server has no seats of { $product }.
    .remedy = Use a license server that has this product.
refusal-unknown-feature = The license has no feature { $feature }.
    .remedy = Choose one of these: { $features }.
refusal-pool-full =
    { $seats ->
        [one] The one seat is taken
       *[other] All { $seats } seats are taken
    }. Place in the queue: { $place }. In use by: { $holders }.
    .remedy = Wait in the queue, or ask one of those who have a seat to leave it.
refusal-pool-held =
    { $seats ->
        [one] The one seat is
       *[other] All { $seats } seats are
    } held back, for those who have waited longer or because the license server was restored from a backup. Place in the queue: { $place }.
    .remedy = Wait in the queue.
occupant = { $user } on { $host } since { $since }
occupant-with-a-loan = { $user } on { $host } since { $since }, borrowed until { $due }
refusal-seat-gone = The seat was given back, or went to somebody else.
    .remedy = Check a seat out again.
refusal-delegation-ended = The license server's own license ended at { $until }.
    .remedy = Have the license server renew its license, online or by file.
refusal-server-closed = The license server gave its license back.
    .remedy = Use the license server that took its place.
refusal-server-revoked = The vendor revoked the license server's own license.
    .remedy = Have whoever runs the license server ask the vendor; until then use another license server, if there is one.
refusal-server-elsewhere = The license server's own license is not on this computer any more.
    .remedy = Use the license server that took its place; if there is none, have this one activated again with its network key.
refusal-server-restored = The license server was restored from a backup and cannot know which seats it has given since.
    .remedy = Wait until { $until }, or have the administrator of the license server say that nothing is borrowed.
refusal-loans-out =
    { $loans ->
        [one] One seat is borrowed
       *[other] { $loans } seats are borrowed
    }.
    .remedy = Wait until { $until }, or have the seats brought back.
refusal-not-borrowable = This license may not be borrowed.
    .remedy = Use a seat on the network, or ask the vendor for a license that can be borrowed.
refusal-no-loan-left =
    { $loans ->
        [one] One seat may be borrowed at a time, and it is
       *[other] { $loans } seats may be borrowed at a time, and as many are
    }: { $holders }.
    .remedy = Have one of these brought back.
refusal-loan-too-long = It may be borrowed until { $latest } at the latest, and not into the past.
    .remedy = Borrow until { $latest } at the latest.
refusal-overdraft-spent =
    { $overdraft ->
        [one] The one seat for emergencies is in use
       *[other] All { $overdraft } seats for emergencies are in use
    }.
    .remedy = Let it end by itself, or try again at { $next }.
refusal-no-overdraft = No seat for emergencies is free.
    .remedy = Let it end by itself.
refusal-no-seat-free =
    { $seats ->
        [one] The one seat is taken
       *[other] All { $seats } seats are taken
    }. In use by: { $holders }.
    .remedy = Borrow when a seat is free, or ask one of those who have one to leave it.
refusal-no-seat-for-loan =
    { $seats ->
        [one] The one seat is taken
       *[other] All { $seats } seats are taken
    }, and none is left for this loan to be signed again: there are fewer than there were, or the license server was restored from a backup.
    .remedy = It goes on until { $until }. Ask again when somebody has left a seat.
refusal-all-seats-held =
    { $seats ->
        [one] The one seat is
       *[other] All { $seats } seats are
    } held back, for those who wait in the queue or because the license server was restored from a backup.
    .remedy = Borrow when a seat is free.
refusal-for-license-server = The request is addressed to license server { $server }, not to the vendor.
    .remedy = Bring it to the administrator of that license server, who answers it with `keyward server answer`.

kind-trial = trial
kind-activate = activation
kind-delegate = license server activation
kind-check-out = check-out
kind-borrow = borrowing
kind-extend = extension
kind-refresh = refresh
kind-return = return

## What can be sold

key-type-stand-alone = Stand-alone
key-type-network = Network
medium-license-key = License key
medium-dongle = USB dongle
tenure-perpetual = Perpetual
tenure-rental = Rental
tenure-trial = Trial
right-perpetual = Perpetual
right-rental = Rental
right-borrowing = Borrowing
right-server = Server connection

no-stand-alone-key-cannot-borrow = A stand-alone license key has nothing to borrow.
    .remedy = It works away from the LAN as it is.
no-stand-alone-key-has-no-server = A stand-alone license key is not used through a license server.
    .remedy = Activate it on the host itself.
no-stand-alone-dongle-cannot-be-rented = A stand-alone dongle cannot be rented.
    .remedy = Sell a rental under a license key.
no-stand-alone-dongle-cannot-borrow = A stand-alone dongle has nothing to borrow.
    .remedy = Take the dongle along.
no-stand-alone-dongle-has-no-server = A stand-alone dongle is not used through a license server.
    .remedy = Plug it into the host itself.
no-network-dongle-cannot-be-rented = A network dongle cannot be rented.
    .remedy = Sell a rental under a license key.
no-network-dongle-cannot-borrow = The seats of a network dongle cannot be borrowed.
    .remedy = Use a network license key where seats are to be borrowed.

## What a product may do now

verdict-licensed = Licensed, without an end.
verdict-licensed-until = Licensed until { $until }.

status-enabled = It can be used.
    .title = Enabled
status-trial = It can be tried.
    .title = Trial
status-borrowed = It is borrowed and can be used.
    .title = Borrowed
status-returning = It is off on this host and on its way back.
    .title = Returning
    .remedy = Refresh to send the return again, or load its answer file.
status-return-refused = It is off on this host, but its return was refused. { $cause }
    .title = Returning (refused)
    .remedy = { $what-to-do } Then return it again.
status-stopped = { $cause }
    .title = Stopped ({ $reason })
    .remedy = { $what-to-do }

flag-unverified = The key server has not confirmed this. It works until { $until }.
    .title = Unverified
    .remedy = Refresh, online or by file.
flag-host-changed = Parts of this computer changed since it was activated. It works for { $left } of running time.
    .title = Host Changed
    .remedy = Refresh: it gives a new binding.
flag-clock-suspect = This computer's clock is behind what was seen before. After { $left } of running time it is no longer used.
    .title = Clock Suspect
    .remedy = Set the clock and refresh.
flag-restored-copy = The license vault was restored from a copy, or a copy of it is in use elsewhere.
    .title = Restored Copy
    .remedy = Refresh.
flag-seat-lost = { $cause } It works on for { $left } of running time.
    .title = Seat Lost
    .remedy = { $what-to-do }

loss-silent = The license server is not heard.
    .remedy = Save your work, and see that this host reaches the license server.
loss-restored = The license vault was restored from a copy.
    .remedy = Save your work, and see that this host reaches the license server: it asks for a seat anew.
loss-ended = The license server gave the seat up, because it did not hear from this host.
    .remedy = Save your work, and see that this host reaches the license server. If no seat is free there, wait for one, or ask one of those who have one to leave it.
loss-taken-over = The same user took the seat over elsewhere.
    .remedy = Save your work, and go on where the seat is now, or ask for it again here.
loss-released = An administrator took the seat away.
    .remedy = Save your work, and ask the administrator of the license server, or wait for a seat and ask for it again.
loss-closed = The license server is giving its license back.
    .remedy = Save your work, and use the license server that takes its place; ask the administrator where it is.
loss-delegation-ended = The license server's own license has ended.
    .remedy = Save your work, and have the administrator of the license server renew its license, online or by file.
loss-revoked = The license server's own license was taken away.
    .remedy = Save your work, and have the administrator of the license server ask the vendor; until then use another license server, if there is one.
loss-reduced = The license server has fewer seats than it had.
    .remedy = Save your work, and wait for a seat, or ask one of those who have one to leave it.

reason-unlicensed = There is no license for this product on this host.
    .title = unlicensed
    .remedy = Start a trial, or activate with a license key.
reason-expired = The license ended at { $until }.
    .title = expired
    .remedy = Ask the vendor to extend it, then refresh.
reason-trial-over = The trial on this host ended at { $until }.
    .title = trial over
    .remedy = Activate with a license key.
reason-not-yet = The license begins at { $from }.
    .title = not begun
    .remedy = Wait, or set the clock if it is wrong.
reason-contact-overdue = The key server should have been heard from by { $due }.
    .title = contact overdue
    .remedy = Refresh, online or by file.
reason-other-host = The license belongs to another host.
    .title = other host
    .remedy = Activate here with the license key.
reason-host-changed = Too many parts of this host changed since it was activated.
    .title = host changed
    .remedy = Refresh.
revoked-by-vendor = The vendor revoked the license.
    .title = revoked
    .remedy = Ask the vendor.
revoked-moved = The license moved to a host that was recognised as this one.
    .title = moved
    .remedy = Activate again with the license key.
revoked-freed = The owner freed this host's slot.
    .title = freed
    .remedy = Activate again with the license key.
revoked-returned = This host returned the license before.
    .title = returned
    .remedy = Activate again with the license key.
reason-returned = The license was returned on this host.
    .title = returned
    .remedy = Activate again with the license key.
reason-loan-over = What was borrowed was due at { $until }. The seat went back by itself.
    .title = loan over
    .remedy = Use the license server, or borrow again.
reason-seat-lost = { $cause } The grace for it is used up. What is open can be saved.
    .title = seat lost
    .remedy = { $what-to-do }
reason-not-covered = This version was released after maintenance ended at { $until }.
    .title = not covered
    .remedy = Use an older version, or ask the vendor to extend the maintenance, then refresh.

## License keys as typed

key-length =
    { $found ->
        [one] The license key has 1 character instead of 25.
       *[other] The license key has { $found } characters instead of 25.
    }
    .remedy = Compare it with the original and type it again.
key-letter-u = The { $at } is a U, which no license key contains.
    .remedy = Look whether it should be a V.
key-stranger = The { $at } is "{ $typed }", which is neither a letter A to Z nor a digit.
    .remedy = Type it again.
key-mistyped = The { $at } looks mistyped.
    .remedy = Compare it with the original.
key-swapped = The { $pair } look swapped.
    .remedy = Compare them with the original.
key-suspects = Two neighbours look swapped: the { $pairs }.
    .remedy = Compare them with the original.
key-does-not-check = The license key does not check, and more than one character is wrong.
    .remedy = Type it again.
key-place =
    { NUMBER($position, type: "ordinal") ->
        [one] { $position }st
        [two] { $position }nd
        [few] { $position }rd
       *[other] { $position }th
    } character of group { $group }
key-neighbours =
    { NUMBER($first, type: "ordinal") ->
        [one] { $first }st
        [two] { $first }nd
        [few] { $first }rd
       *[other] { $first }th
    } and { NUMBER($second, type: "ordinal") ->
        [one] { $second }st
        [two] { $second }nd
        [few] { $second }rd
       *[other] { $second }th
    } characters of group { $group }
key-neighbours-apart = { $first } and the { $second }

## Documents and answers

seal-not-an-envelope = This is not a signed Keyward document, or it was damaged on its way ({ $detail }).
    .remedy = Fetch or send it again.
seal-too-large = It has { $found } bytes; a Keyward document has at most { $most }.
    .remedy = Choose the file that Keyward made.
seal-other-type = This is { $found } where { $expected } is expected.
    .remedy = Choose the other file.
seal-unknown-signer = It is signed by a key that is not known here ({ $keyid }): it comes from another vendor, or from a server whose keys were not published.
    .remedy = Choose an answer of this product's vendor, or ask the vendor.
seal-wrong-role = Key { $key } is not allowed to sign this: it is { $found }, and { $expected } is needed.
    .remedy = Ask the vendor for a new answer.
seal-bad-signature = A signature does not match: the document was changed or damaged after it was signed.
    .remedy = Fetch or send it again.
seal-key-not-valid = Key { $key } could not sign at { $issued }: it was revoked, or outside its time.
    .remedy = Make the request anew, and have that one answered.
seal-unreadable = It is signed, but its words cannot be read ({ $detail }).
    .remedy = Update the product.
seal-newer-keyward = It was written by a newer Keyward (it needs { $needs }).
    .remedy = Update the program that could not read it: the product on this computer, or the server that answers it.
seal-other-request = It answers another request, not the one that was asked here.
    .remedy = Choose the answer to this request.
seal-bad-statement = The vendor's list of keys cannot be used ({ $detail }).
    .remedy = Try again later; if it stays so, ask the vendor.
seal-not-delegated = It does not come from the license server that was asked, or it brings no delegation to it.
    .remedy = Ask whoever runs that server.
seal-beyond-delegation = The license server signed more than its vendor allows it ({ $term }).
    .remedy = Tell whoever runs that server.
seal-other-tls-key = The TLS key of whoever answers there is not that of license server { $server }: somebody else answers in its place. Nothing was sent to it.
    .remedy = Check the address, and who else may answer in your network.
seal-unknown-scheme = It is signed in the way "{ $scheme }", which this product does not know.
    .remedy = Update the product.
role-holder = a device's key
role-issuer = an issuer's key
role-root = a root key
role-license-server = a license server's key
paper-request = a request
paper-answer = an answer
paper-key-statement = a list of the vendor's keys
paper-other = something else ("{ $type }")

answer-is-request = This is a request, not an answer.
    .remedy = Send it to the vendor, and load the answer that comes back.
answer-is-request-to-server = This is a request, not an answer.
    .remedy = Bring it to the administrator of license server { $server }, who answers it with `keyward server answer`, and load the answer that comes back.
answer-used = It was used on this host before and is used up.
    .remedy = There is nothing to do; if the license does not work, make a new request.
answer-other-host = It is for another host.
    .remedy = Load it there, or make a request on this host and have that one answered.
answer-other-product = It is for the product { $product }.
    .remedy = Load it in { $product }.
answer-not-asked = It answers nothing that is being asked on this host.
    .remedy = Make a request here, and load the answer to that one.
answer-older = It is older than what this host knows (generation { $found }, known { $held }).
    .remedy = Use the newest answer, or make a new request.
answer-returned = What it grants was returned on this host since (activation { $activation }).
    .remedy = If its return still waits (`keyward pending` shows it), carry that first. Then activate again.

## Key servers

server-none-named = The product profile names no key server.
    .remedy = Ask the vendor for a profile with a server, or activate by file.
server-unreachable = No key server could be reached: { $attempts }.
    .remedy = { $what-to-do }
server-silent = The key server did not answer: { $attempts }.
    .remedy = { $what-to-do } The same request can be made again, and nothing is lost.
license-server-unreachable = The license server could not be reached: { $attempts }.
    .remedy = { $what-to-do }
license-server-silent = The license server did not answer: { $attempts }.
    .remedy = { $what-to-do } The same can be tried again, and nothing is lost.
license-server-says-nothing = { $server } did not say who it is: { $detail } (status { $status }).
    .remedy = Next step: { $next }.
license-server-not-believed = What answers at { $server } is not a license server to be believed. { $why }
    .remedy = { $what-to-do }
server-rejected = { $server } did not take the request: { $detail } (status { $status }).
    .remedy = Next step: { $next }.
server-unsupported = This backend cannot do this: { $kind }.
    .remedy = Use a license server or a product that supports it.
server-key-needed = The license key is needed once more, because the request was interrupted.
    .remedy = Enter the license key again.
attempt = { $server }: { $trouble }
attempt-through-proxy = { $server } through proxy { $proxy }: { $trouble }
trouble-no-such-host = there is no host of that name
    .remedy = Check the address and the network's name service.
trouble-no-connection = nothing answers there
    .remedy = Check that the server runs and that a firewall lets it through.
trouble-proxy-unreachable = the proxy cannot be reached
    .remedy = Check the proxy's address.
trouble-proxy-wants-password = the proxy wants a user name and a password
    .remedy = Enter them in the proxy settings.
trouble-proxy-refused = the proxy refused to connect
    .remedy = Ask whoever runs the proxy to allow this server.
trouble-certificate = its TLS certificate is not one the product profile believes
    .remedy = Check the server's address, or ask the vendor for a new profile.
trouble-other-key = its TLS key is another than before: the server got a new one, or somebody else answers in its place. Nothing was sent to it
    .remedy = Try again: it is asked anew who it is.
trouble-timeout = it did not answer in time
    .remedy = Try again.
trouble-broken = the connection broke
    .remedy = Try again.
trouble-not-a-key-server = what answers there is not the server that is looked for
    .remedy = Check the address and the port.
trouble-out-of-order = it says it is out of order
    .remedy = Try again later.
trouble-out-of-order-because = it says it is out of order ({ $said })
    .remedy = Try again later.
trouble-skipped-as-dead = it did not answer a moment ago and was left out
    .remedy = Try again in a minute.

## Vault, anchor, keys, ledger

vault-led = Another program is changing the licenses just now.
    .remedy = Try again.
vault-led-by = Another program is changing the licenses just now ({ $by }).
    .remedy = Try again.
vault-damaged = The license vault at { $place } is damaged ({ $why }).
    .remedy = Activate again with the license key: this host gets its own slot back.
vault-tampered = The license vault at { $place } was changed by something other than Keyward.
    .remedy = Activate again with the license key.
vault-newer = The license vault at { $place } was written by a newer Keyward (it needs { $needs }).
    .remedy = Update the product.
vault-full = There is no room for the license vault at { $place }. Nothing was lost.
    .remedy = Free some space, then try again.
vault-storage = The license vault at { $place } cannot be used.
    .remedy = Check the folder's permissions.
anchor-damaged = The license anchor at { $place } is damaged ({ $why }).
    .remedy = Activate or refresh: it is written anew then.
anchor-newer = The license anchor at { $place } was written by a newer Keyward.
    .remedy = Update the product.
anchor-full = There is no room for the license anchor at { $place }. Nothing was lost.
    .remedy = Free some space, then try again.
anchor-storage = The license anchor at { $place } cannot be used.
    .remedy = Check the folder's permissions.
secrets-taken = There is a key "{ $name }" already.
    .remedy = Choose another name.
secrets-full = There is no room for the keys at { $place }. Nothing was lost.
    .remedy = Free some space, then try again.
secrets-storage = The keys at { $place } cannot be used.
    .remedy = Check the folder's permissions.
signer = The key { $key } could not sign.
    .remedy = Check the device that holds it.
entropy = This computer gives no random numbers.
    .remedy = Restart it and try again.
exchange-not-found = There is no { $place }.
    .remedy = Check its name, and whether the stick or the share is there.
exchange-taken = There is something else at { $place } already.
    .remedy = Choose another name, or move it away.
exchange-full = There is no room at { $place }.
    .remedy = Free some space or choose another disk.
exchange-storage = { $place } cannot be used.
    .remedy = Check its permissions and whether it can be written.
exchange-too-large = { $place } is larger than any Keyward document.
    .remedy = Choose the right file.
exchange-unreadable = { $place } cannot be read. { $cause }
    .remedy = { $what-to-do }
exchange-unreadable-because = { $place } cannot be read: { $why }.
    .remedy = Choose the right file, or have it sent again.
exchange-newer = { $place } was written by a newer Keyward.
    .remedy = Update the product.
mailer-storage = The letter could not be handed over to { $place }.
    .remedy = Check that it can be reached and has room.
ledger-full = The disk that holds the ledger is full. Nothing was lost and nothing was promised.
    .remedy = Free some space, then try again.
ledger-in-use = The ledger is in use by another process.
    .remedy = Stop that process first.
ledger-unreadable = The ledger cannot be read: { $why }.
    .remedy = Restore it from a backup, or update the server if a newer one wrote it.
ledger-storage = The ledger's storage failed.
    .remedy = See the server's log.
ledger-closed = The ledger is closed: the server is stopping.
    .remedy = Try again when it runs.

## Acts

act-return-waits = The license is off on this host, but its return is not confirmed. { $cause }
    .remedy = { $what-to-do } The return is sent again at the next refresh.
act-unexpected = The server answered something that was not asked.
    .remedy = Report this to the vendor.
act-broken-off = It was broken off in the middle.
    .remedy = Do the same again: what was written down is taken up.
act-no-such-row = There is no row { $row }.
    .remedy = Look up the rows with `keyward status`.
act-nothing-waits = No request waits under { $which }.
    .remedy = Make the request anew.
act-trial-stays = A trial is not returned.
    .remedy = Let it be: it ends by itself.
act-at-license-server = Row { $row } belongs to a license server.
    .remedy = Give it back there, naming the server's address.
act-key-missing = The key of the license vault is missing.
    .remedy = Run `keyward host new`, then activate again with the license key.
act-counts-used-up = The counter of the license vault stands at its end, where no host comes by itself.
    .remedy = Remove the license vault and its anchor, which `keyward doctor` shows, then activate again with the license key.
act-revoked = The issuer took the license away.
    .remedy = Ask the vendor.
profile-no-root = The product profile names no root key.
    .remedy = Make it again with `keyward vendor product profile`.
profile-other-vendor = The product profile's vendor id is not the digest of its first root key.
    .remedy = Make it again with `keyward vendor product profile`.
profile-no-language = The product profile names no language.
    .remedy = Add one, such as en-US.
issuer-busy = There are too many requests for the same license at once.
    .remedy = Try again.
keys-not-begun = This server has no keys.
    .remedy = Start it once to make them.
keys-away = The private half of key { $key } is not on this server.
    .remedy = Put its file back into the server's keys, or rotate the issuer.
keys-root-away = The root is not on this server any more.
    .remedy = Use the file it was exported to.
trial-begun-verified = The trial has begun; the key server counts its days.
trial-begun-local = The trial has begun; no key server answered, so this host counts its days. { $cause }
    .remedy = Refresh when a key server can be reached: then the server counts them.
taken-granted = The license is active on this host. Nothing has to be restarted.
step-saved = The request is written down.
step-sending = The request is on its way.
step-answered = An answer came.
step-kept = The answer was checked and written down.

## The portal

portal-key-hint = Upper or lower case, with dashes or without. The letter O counts as 0, I and L count as 1.
portal-key-is-forgotten = The key is only used to find your license: it is not stored, and this browser keeps no copy of it.
portal-no-devices = No device uses this license.
    .remedy = Activate it in the product over the network, or here with a request file.
portal-devices-of = Devices that use { $product }
portal-who = By
portal-the-device = The device
portal-a-key-holder = Somebody with the license key
portal-the-owner = The owner
portal-the-vendor = The vendor
portal-happened-issued = Issued
portal-happened-activated = Activated
portal-happened-activated-again = Activated again
portal-happened-moved = Moved to another installation
portal-happened-refreshed = Refreshed
portal-happened-returned = Returned
portal-happened-returned-before = Returned before
portal-happened-told = Told that its license ended
portal-happened-revoked = Revoked
portal-happened-extended = Extended
portal-happened-key-replaced = License key replaced
portal-happened-slot-freed = Slot freed
portal-happened-asked-to-free = Asked to free the slot
portal-happened-answered-granted = Request answered by hand: granted
portal-happened-answered-returned = Request answered by hand: returned
portal-happened-answered-taken-away = Request answered by hand: the license had ended
portal-happened-answered-refused = Request answered by hand: refused ({ $code })
portal-nothing-happened = Nothing happened yet.
portal-older = Older entries
portal-more-devices = More devices
portal-file-hint = An XML file, or a picture (PNG, JPEG) of the QR code that the License Manager shows.
portal-code-text = Or the text of the QR code
portal-code-text-hint = It begins with KW1. Where there are several codes, one to a line.
portal-your-answer = Answer
portal-grants = The license is activated on { $host }.
    .remedy = Download the answer, bring it to that host, and load it there.
portal-grants-somewhere = The license is activated.
    .remedy = Download the answer, bring it to the host that made the request, and load it there.
portal-confirms = The license is returned: it can be activated on another host.
    .remedy = Download the answer, bring it to the host that made the request, and load it there: then its row disappears.
portal-takes-away = The host no longer holds this license.
    .remedy = Download the answer, bring it to the host that made the request, and load it there: it says why.
portal-scan-it = Where no file may cross: photograph the code, and load the picture in the License Manager on the host.
portal-code-of = QR code { $number } of { $of }
portal-refused = The request was refused
portal-not-taken = The file was not taken
portal-code = Code
portal-refusal-too = This refusal is signed like any answer. Load it on the host, and the host stops waiting for this request.
portal-transfers-spent =
    { $times ->
        [one] { $spent } of 1 slot
       *[other] { $spent } of { $times } slots
    } freed within { $days ->
        [one] 1 day
       *[other] { $days } days
    }.
portal-owner-confirms = Only the owner of the license frees a slot, by a link that is sent to the owner's e-mail address. The link works once, within 24 hours; at most 3 are sent in a day.
portal-send-link = Send the link to the owner
portal-letter-subject = { $product }: free the slot of a lost device
portal-letter =
    Somebody with the license key { $key } of { $product } asked to free the slot of the device { $host }.

    If this device is lost, or cannot return its license itself, open this link to see what will happen, and free the slot there:

    { $link }

    The link works once, until { $until }.
    If you do not know of this, do nothing: the device keeps its license.
portal-main-menu = Main menu
portal-ended = The visit has ended, or the license key was replaced.
    .remedy = Log in again.
portal-no-slot = No device holds this slot any more: it was freed, returned or moved.
    .remedy = Look at the table of devices.
portal-no-answer = No such answer is kept for this license key.
    .remedy = Choose one of the list.
portal-answer-spent = What this answer gave was given back since, so it is not handed out any more.
    .remedy = Make a new request in the License Manager.
portal-short-secret = The server's secret for visits has { $found } bytes, which is not the length it was made with.
    .remedy = Delete the secret, so that another one is made. Visits and links end with it.

## Files that are brought

wrong-file-is-answer = This file is an answer, not a request.
    .remedy = Load it in the License Manager on the host. Choose the request file here.
wrong-file-is-return = This request returns a license, and this is the tab for activations. Nothing was returned.
    .remedy = Choose the file again in the tab Return License.
wrong-file-is-activation = This request asks for an activation, and this is the tab for returns.
    .remedy = Choose the file again in the tab Activation.
wrong-file-is-trial = This request asks for a trial, which needs no license key.
    .remedy = Begin the trial in the product, over the network.
wrong-file-other-key = This request was made with another license key than the one you are logged in with.
    .remedy = Log in with that license key, or make a new request with this one.
wrong-file-other-license = This request comes from a device that does not hold this license.
    .remedy = Log in with the license key that was activated on that device.
unreadable-something-else = It is no Keyward document.
    .remedy = Choose the right file.
unreadable-somehow-damaged = It was damaged on its way.
    .remedy = Fetch or send it again, as an attachment rather than as text.
unreadable-somehow-hostile = It has something in it that no Keyward document has.
    .remedy = Do not use it, and ask its sender where it comes from.
unreadable-not-utf-8 = It is not written in UTF-8.
    .remedy = Fetch it again, and do not save it with another program.
unreadable-some-parts-missing = It is one of several QR codes of a document.
    .remedy = Read all of them together.
unreadable-too-large =
    { $most ->
        [one] The file is larger than any Keyward document: 1 byte at most.
       *[other] The file is larger than any Keyward document: { $most } bytes at most.
    }
    .remedy = Choose the right file.
unreadable-other-encoding = The file is written in { $found } instead of UTF-8.
    .remedy = Fetch it again, and do not save it with another program.
unreadable-web-page = This is a web page and no Keyward document.
    .remedy = Download the document itself, where the page offers it.
unreadable-wrapped = There is a Keyward document in this file, but a browser or a mail program put something around it.
    .remedy = Download it again with "save link as", or have it sent as an attachment.
unreadable-stripped = The first tag of this file does not say xmlns="urn:keyward:exchange" any more: a mail program or an editor took that away.
    .remedy = Fetch or send it again, as an attachment, and do not save it with another program.
unreadable-not-keyward = This is no Keyward document ({ $detail }).
    .remedy = Choose the right file.
unreadable-hostile = The file has { $detail }, which no Keyward document has.
    .remedy = Do not use it, and ask its sender where it comes from.
unreadable-cut-short = The end of the file is missing.
    .remedy = Fetch or send it again.
unreadable-damaged = The file was damaged on its way ({ $detail }).
    .remedy = Fetch or send it again, as an attachment rather than as text.
unreadable-other-paper = This is { $found }, and { $expected } is expected.
    .remedy = Choose the other file.
unreadable-no-code = No QR code can be read in this picture.
    .remedy = Take it again: sharp, straight, and with the white around the code.
unreadable-large-picture = The picture is too large.
    .remedy = Scale it down to 12 million pixels, or cut away what is around the code.
unreadable-parts-missing =
    { $of ->
        [one] The document comes in 1 code, and it is not here.
       *[other] The document comes in { $of } codes, and these are not here: { $missing }.
    }
    .remedy = Read all of them.
unreadable-parts-mixed = These codes belong to different documents.
    .remedy = Read all codes of one document, and no others.
unreadable-newer = The file was written by a newer Keyward (form { $version }).
    .remedy = Update the program that could not read it: the product on this computer, or the server that answers it.

## The command line

join-about = { $about }: { $what }
command-refused = refused ({ $code }): { $what }
command-failed = failed ({ $code }): { $what }
command-no-answer = no answer ({ $code }): { $what }
command-wrong-file = error ({ $code }): { $what }
command-wrong = error: { $what }
command-license = { $license }: { $status }, expires { $until }, { $trust } ({ $id })
command-license-without-end = { $license }: { $status }, never expires, { $trust } ({ $id })
command-not-readable = The licenses on this host cannot be read.
command-no-product = No product is named.
    .remedy = Give the profile that the product ships with --profile FILE, or set KEYWARD_PROFILE.
command-no-profile = The product profile { $file } cannot be read: { $why }.
    .remedy = Give the one that the product ships, or make it with `keyward vendor product profile`.
command-no-key = No license key was given.
    .remedy = Type it behind `activate`, or give it on standard input with `-`.
command-name-a-row = No license is named, and none is in use.
    .remedy = Name one by its number in `keyward status`.
command-name-a-request = Several requests wait.
    .remedy = Name one: `keyward pending` shows their numbers and names.
command-return-begun = The license is off on this host from now on.
command-carry-to-portal = Have it answered in the vendor's portal, { $portal } (log in with the license key), or by your reseller. Then load the answer here with `keyward load FILE`.
command-carry = Have it answered by the vendor or your reseller. Then load the answer here with `keyward load FILE`.
command-carry-return-to-portal = Have it answered in the vendor's portal, { $portal } (log in with the license key), or by your reseller: then the license is free for another host. Load the answer here with `keyward load FILE` to have the row removed.
command-carry-return = Have it answered by the vendor or your reseller: then the license is free for another host. Load the answer here with `keyward load FILE` to have the row removed.
command-picture-saved = The QR code of the request is in the picture { $file }.
command-file-is-missing = The request is written down and waits.
    .remedy = Make its file with `keyward pending --request FILE`.
command-too-many-codes = The request needs { $codes } QR codes, and { $most } are the most.
    .remedy = Use a file instead: --request FILE.
command-or-by-hand = Without a network, the same goes by file: add --request FILE.
command-not-taken-from = The answer in { $file } was not taken.
command-not-taken = The answer was not taken.
command-request = Request
command-about-license = License
command-since = Since
command-name = Name
command-how-to-make-again = `keyward pending NUMBER --request FILE` makes the file of a request again; `keyward refresh` sends those to the vendor, and returns to license servers, if there is a network.
command-certificate-unbelieved = The TLS certificate of { $server } is not believed.
    .remedy = Name its authority with --ca FILE, or check the address of --server.
command-server-silent = The key server did not answer, and nobody knows whether it was done: { $attempt }.
    .remedy = Look whether it was done before doing it again.
command-done-but-not-read = { $server } did it, but its answer cannot be read (line { $line }, column { $column }).
    .remedy = Use a key server and a program of the same version.
command-by-server = (by { $server })
command-token-not-read = The admin token in { $file } cannot be read: { $why }.
    .remedy = Name the file admin-token of the key server's data, or the one with the token that an administrator handed out.
command-token-is-none = What is in { $file } is no admin token: it is empty, or has characters that no token has.
    .remedy = Name the file admin-token of the key server's data, or the one with the token that an administrator handed out.
command-authorities-not-read = The authorities in { $file } cannot be read: { $why }.
    .remedy = Name the key server's certificate authority, in PEM.
command-root-not-written = The root cannot be written to { $file }: { $why }.
    .remedy = Name a file that is not there yet, in a folder that is.
command-root-not-read = The root in { $file } cannot be read: { $why }.
    .remedy = Name the file that `keyward vendor keys root export` wrote.
command-root-is-none = What is in { $file } is no root.
    .remedy = Name the file that `keyward vendor keys root export` wrote.
command-no-address = "{ $address }" is no address of a key server. Without TLS only this computer itself can be addressed.
    .remedy = Write https://HOST or https://HOST:PORT.
command-file-is-answer = { $file } is an answer, not a request.
    .remedy = Load it in the product that asked.
command-answer-not-lost = Nothing is lost: the same request is given the same answer again.

## A vendor's administration

console-no-product = There is no product { $product }.
    .remedy = Add it with `keyward vendor product add`.
console-no-license = There is no license { $license }.
    .remedy = `keyward vendor list` shows them.
console-no-version = The product has no version.
    .remedy = Name at least one.
console-no-language = The product has no language.
    .remedy = Name at least one.
console-other-statement = The signed key statement is not the one this server waits for: { $why }.
    .remedy = Begin the change again.
console-not-exported = The root was never exported, and without it no issuer can ever be named again.
    .remedy = Export it first.
console-no-slot = License { $license } has no slot { $activation }.
    .remedy = `keyward vendor show { $license }` lists them.
console-own-answer = An answer of this server could not be opened. { $cause }
    .remedy = See the server's log.
console-begun = This server has its keys already.
    .remedy = Use the keys it has, or begin in an empty data folder.
console-busy = Somebody else keeps changing this.
    .remedy = Try again.
staff-name-taken = There is or was a token { $name } already, and the log knows its holder by that name.
    .remedy = Choose another name.
staff-too-many = As many tokens were handed out as there can be.
    .remedy = Let those who share a task share a token.
staff-unknown = There is no token { $name }.
    .remedy = `keyward vendor token list` shows them.
terms-edition = { $product } has no edition { $edition }.
    .remedy = Choose { $editions }.
terms-no-edition = No edition is named.
    .remedy = Add at least one.
terms-no-end = What is sold for a time ({ $kind }) needs an end.
    .remedy = Give it one with --until.
terms-perpetual-ends = A perpetual license has no end.
    .remedy = Leave --until away, or issue a rental.
terms-backwards = It would end at { $until }, before it begins at { $from }.
    .remedy = Choose a later end.
terms-for-nobody = It is for nobody.
    .remedy = Give it at least one activation or seat.
terms-short-delegation =
    { $days ->
        [one] A license server could sign for 1 day, and the longest loan has { $longest }.
       *[other] A license server could sign for { $days } days, and the longest loan has { $longest }.
    }
    .remedy = Give it more days, best three times as many.
terms-allowance = A stand-alone license has activations, a network license has seats.
    .remedy = Give the one that fits.
signers-unknown = There is no key { $key }.
    .remedy = `keyward vendor keys list` shows them.
signers-last = No key would go on signing without key { $key }.
    .remedy = Rotate the issuer first, then revoke the old key.
name-empty = The { $what } is empty.
    .remedy = Give it at least one character.
name-too-long =
    { $most ->
        [one] The { $what } has { $found } characters; 1 is the most.
       *[other] The { $what } has { $found } characters; { $most } are the most.
    }
    .remedy = Choose a shorter one.
name-character = The { $what } has the character "{ $character }", which is not allowed in it.
    .remedy = Use { $allowed }.
name-address = "{ $text }" is no e-mail address.
    .remedy = Write one such as name@example.com.
name-of-product = product id
name-of-edition = edition
name-of-version = version
name-of-language = language
name-of-feature = feature
name-of-host = host name
name-of-user = user name
name-of-entitlement = license's id
name-of-token = token's name
name-of-activation = activation id
name-of-scheme = name of the way it is signed in
allowed-identifier = letters, digits, "-", "_" and "."
allowed-language-tag = letters, digits and "-", as in en-US
allowed-printable = characters that can be printed
allowed-visible = characters that can be seen
bad-date = "{ $text }" is not a date.
    .remedy = Write 2027-03-31, or an instant such as 2027-03-31T12:00:00Z.
server-no-token = The request has no admin token.
    .remedy = Name the file that has it: the server wrote one to admin-token at its first start.
server-wrong-token = The server does not know this admin token.
    .remedy = Take the one in the server's file admin-token, or the one that an administrator handed out.
server-token-revoked = This token was taken back at { $at }.
    .remedy = Ask an administrator of the key server for another one.
server-too-many-failures = Wrong admin tokens came from this address too often.
    .remedy =
        { $seconds ->
            [one] Wait 1 second, then try again with the right token.
           *[other] Wait { $seconds } seconds, then try again with the right token.
        }
server-role-may-not = The token { $token } has the role { $role }: { $duties }.
    .remedy = Have an administrator of the key server do it.
server-too-many-requests = There were too many requests within a short time.
    .remedy =
        { $seconds ->
            [one] Wait 1 second, then try again.
           *[other] Wait { $seconds } seconds, then try again.
        }
server-timed-out = The server could not answer in time, and nobody knows whether it was done.
    .remedy = Look whether it was done before doing it again.
server-failed = The server's storage failed.
    .remedy = Look into the server's log.
staff-administrator = it may do everything
    .title = administrator
staff-reseller = it may answer requests, free slots of lost devices, and nothing else
    .title = reseller

## Seats at license servers

network-server = License server { $id } at { $at }
network-nothing-offered = It has no license of this product.
    .remedy = Ask its administrator, or try another license server.
network-nobody-sits = Nobody has a seat.
network-taken = A seat is taken. A program that uses it keeps it; `keyward network leave` gives it back.
network-shared = Another program of this user has a seat already; both use it.
network-used-on = No seat could be taken now: the one that this user had is used for as long as it lasts.
network-borrowed-here = A seat is borrowed on this host: it is used, and no other is taken.
network-place = Place { $place } in the queue.
network-lasts = { $cause } The seat lasts for another { $left }.
    .remedy = { $what-to-do }
network-lasts-until = { $cause } The seat lasts until { $until }.
    .remedy = { $what-to-do }
network-back = The seat is kept again.
network-left = The seat was given back; others can have it now.
network-left-unheard = The seat is off on this host, but no license server confirmed it. Others can have it when its lease ends, within minutes.
network-no-seat = There is no seat to give back on this host.
network-borrowed = The seat is borrowed. It is good without the license server, and goes back by itself when it ends.
network-extended = The end of the loan was moved.
network-end-stays = The loan lasts until { $until } as before: what was signed is not shortened.
    .remedy = Give it back to free the seat earlier.
network-no-such-license = This license server has no license { $license } of this product.
    .remedy = Look it up with `keyward network query`, or use another license server.
network-waiting-there = Waiting for the answer to this request: { $kind }.
    .remedy = Ask the license server for the same again, or load the answer file.
network-given-back = The borrowed seat was given back; others can have it now.
network-given-back-by-file = The borrowed seat was given back. Others can have it at { $until }, or as soon as the administrator of the license server accepts it (`keyward server accept-return`).
network-loan-ended = The loan ended at { $until }, and the seat went back by itself.
    .remedy = Borrow a seat anew with `keyward borrow`, or use the license server.
network-carry-to-server = Bring it to the administrator of the license server, who answers it with `keyward server answer`; then load the answer here with `keyward load FILE`.
network-no-server-id = Which license server is meant by { $at } is not known here: this host never met it, or had no licenses yet when it did.
    .remedy = Give its id in the place of the address: 32 digits, which `keyward network query` shows on any host that reaches it.
network-no-length = { $text } is no length of time.
    .remedy = Write days or hours, such as 5d or 12h.
network-not-started = The command { $command } cannot be started: { $why }.
    .remedy = Check its name.
network-lasting = { $length }
network-seats = Seats
network-in-use = In use
network-free = Free
network-waiting = Waiting
network-borrowable = Borrowable
network-longest-loan = Longest loan
network-latest = At the latest until
network-user = User
network-due = Borrowed until
act-no-license-server = No license server is named.
    .remedy = Give its address with --at HOST or --at HOST:PORT.
act-no-license-server-met = No license server was met. { $causes }
    .remedy = { $what-to-do }
act-other-license-server = The license server { $server } that row { $row } belongs to does not answer at any of the addresses known.
    .remedy = Give its address with --at HOST or --at HOST:PORT.
act-other-license-server-unmet = The license server { $server } that row { $row } belongs to does not answer at any of the addresses known. { $causes }
    .remedy = { $what-to-do } Or give another address with --at HOST or --at HOST:PORT.
act-not-borrowed = Row { $row } was not borrowed from a license server.
    .remedy = Look up the rows with `keyward status`; a license of the vendor goes back with `keyward return`.
act-return-waits-at-server = It is off on this host, but the license server has not confirmed it. { $cause }
    .remedy = It goes out by itself at the next contact with that license server, and at the latest the seat is free when the loan ends.
