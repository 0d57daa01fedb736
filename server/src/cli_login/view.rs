//! What the confirm page shows, as HTML. Whatever comes from outside is escaped where it is written.

use crate::delivery::templates::escaped;

/// What every form of the page has above it and within it.
pub(crate) struct Heading {
    /// The project's name.
    pub(crate) project: String,
    /// What the program calls itself.
    pub(crate) program: Option<String>,
    /// What the terminal shows too.
    pub(crate) short_code: String,
    /// The whole login code.
    pub(crate) login_code: String,
    /// What POSTs must carry.
    pub(crate) token: String,
}

/// A state of the page.
pub(crate) enum View {
    /// Nobody is signed in: whose address?
    AskAddress { heading: Heading, refused: Option<&'static str> },
    /// A code was sent: which?
    AskCode { heading: Heading, email: String, nonce: String, sandbox: bool, refused: Option<&'static str> },
    /// A link brought a code.
    FollowLink { heading: Heading, code: String },
    /// Someone is signed in and may decide.
    Decide { heading: Heading, email: Option<String>, anonymous: bool },
    /// Done.
    Approved,
    /// Denied, now or before.
    Denied,
    /// Decided before.
    Over,
    /// The attempt's time is over.
    Expired,
    /// There is no such attempt.
    Unknown,
    /// Something is refused.
    Refused { message: String },
}

/// Whether a text could be an email address: enough to tell a slip, the code tells the rest.
pub(crate) fn is_address(text: &str) -> bool {
    text.len() <= 254
        && !text.chars().any(|character| character.is_whitespace() || character.is_control())
        && text.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
        })
}

impl View {
    /// The whole document.
    pub(crate) fn html(&self, style: &str) -> String {
        let (title, main) = self.main();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title}</title>\n<link rel=\"stylesheet\" href=\"{style}\">\n</head>\n\
             <body>\n<main>\n{main}</main>\n</body>\n</html>\n",
        )
    }

    fn main(&self) -> (&'static str, String) {
        match self {
            Self::AskAddress { heading, refused } => ("Log in to the terminal", ask_address(heading, *refused)),
            Self::AskCode { heading, email, nonce, sandbox, refused } => {
                ("Enter the code", ask_code(heading, email, nonce, *sandbox, *refused))
            }
            Self::FollowLink { heading, code } => ("Log in to the terminal", follow_link(heading, code)),
            Self::Decide { heading, email, anonymous } => {
                ("Approve the login", decide(heading, email.as_deref(), *anonymous))
            }
            Self::Approved => told("Approved", "You can close this page and go back to the terminal."),
            Self::Denied => told("Denied", "The program was not logged in. You can close this page."),
            Self::Over => told("Already decided", "This login was decided on before. You can close this page."),
            Self::Expired => told("Too late", "This login has expired. Begin again in the terminal."),
            Self::Unknown => told("Not found", "This link belongs to no login. Open the one that the terminal shows."),
            Self::Refused { message } => ("Not possible", said("Not possible", &escaped(message), "alert")),
        }
    }
}

fn told(title: &'static str, text: &str) -> (&'static str, String) {
    (title, said(title, text, "status"))
}

fn said(title: &str, text: &str, role: &str) -> String {
    format!("<h1>{title}</h1>\n<p role=\"{role}\">{text}</p>\n")
}

/// Who asks, and the short code.
fn introduction(heading: &Heading) -> String {
    let Heading { project, program, short_code, .. } = heading;
    let program = match program {
        Some(name) => format!(
            "<p>A program that calls itself <strong class=\"stated\">{}</strong> wants to log in.</p>\n\
             <p class=\"note\">Anyone can choose that name. Only the code below tells that it is yours.</p>\n",
            escaped(name)
        ),
        None => "<p>A program on a terminal wants to log in.</p>\n".to_owned(),
    };
    format!(
        "<h1>Log in to {project}?</h1>\n{program}\
         <p id=\"compare\">The terminal must show this code:</p>\n\
         <p class=\"short-code\" aria-describedby=\"compare\">{}</p>\n",
        escaped(short_code),
        project = escaped(project),
    )
}

/// A form that POSTs to `act`, with what every form has.
fn form(heading: &Heading, act: &str, fields: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/handler/cli-auth-confirm/{act}\">\n\
         <input type=\"hidden\" name=\"login_code\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"token\" value=\"{}\">\n{fields}</form>\n",
        escaped(&heading.login_code),
        escaped(&heading.token),
    )
}

fn deny(heading: &Heading) -> String {
    form(heading, "deny", "<button class=\"deny\">Deny</button>\n")
}

/// A word about the field below it, which the field names as its error.
fn refusal(refused: Option<&str>) -> (String, &'static str) {
    match refused {
        None => (String::new(), ""),
        Some(text) => (
            format!("<p id=\"refused\" class=\"refused\" role=\"alert\">{text}</p>\n"),
            " aria-invalid=\"true\" aria-describedby=\"refused\"",
        ),
    }
}

fn ask_address(heading: &Heading, refused: Option<&str>) -> String {
    let (said, marked) = refusal(refused);
    let fields = format!(
        "{said}<label for=\"email\">Your email address</label>\n\
         <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"email\" required maxlength=\"254\"{marked}>\n\
         <button class=\"primary\">Send me a code</button>\n",
    );
    format!(
        "{}<h2>Sign in first</h2>\n{}<hr>\n<p>Not you, or another code?</p>\n{}",
        introduction(heading),
        form(heading, "code", &fields),
        deny(heading),
    )
}

fn ask_code(heading: &Heading, email: &str, nonce: &str, sandbox: bool, refused: Option<&str>) -> String {
    let (said, marked) = refusal(refused);
    let sandbox = if sandbox { " This is a sandbox: the code is 000000." } else { "" };
    let fields = format!(
        "<input type=\"hidden\" name=\"nonce\" value=\"{nonce}\">\n\
         <input type=\"hidden\" name=\"email\" value=\"{email}\">\n\
         {said}<label for=\"code\">The six characters of the code</label>\n\
         <input id=\"code\" name=\"code\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" \
         required maxlength=\"16\" autofocus{marked}>\n<button class=\"primary\">Sign in</button>\n",
        nonce = escaped(nonce),
        email = escaped(email),
    );
    let again = format!(
        "<input type=\"hidden\" name=\"email\" value=\"{}\">\n<button class=\"plain\">Send another code</button>\n",
        escaped(email)
    );
    format!(
        "{}<h2>Enter the code</h2>\n<p role=\"status\">A code was sent to <strong class=\"stated\">{}</strong>.{sandbox}</p>\n\
         {}{}<hr>\n{}",
        introduction(heading),
        escaped(email),
        form(heading, "sign-in", &fields),
        form(heading, "code", &again),
        deny(heading),
    )
}

fn follow_link(heading: &Heading, code: &str) -> String {
    let fields = format!(
        "<input type=\"hidden\" name=\"code\" value=\"{}\">\n<button class=\"primary\">Sign in</button>\n",
        escaped(code)
    );
    format!(
        "{}<h2>Sign in first</h2>\n<p>The link from the message signs you in.</p>\n{}<hr>\n{}",
        introduction(heading),
        form(heading, "sign-in", &fields),
        deny(heading),
    )
}

fn decide(heading: &Heading, email: Option<&str>, anonymous: bool) -> String {
    let choice = if anonymous {
        "<fieldset>\n<legend>Earlier work</legend>\n\
         <p>The program was used without an account before. What was kept then can come along into yours.</p>\n\
         <label class=\"choice\"><input type=\"radio\" name=\"bring\" value=\"no\" checked> Leave it behind</label>\n\
         <label class=\"choice\"><input type=\"radio\" name=\"bring\" value=\"yes\"> Bring it along</label>\n</fieldset>\n"
    } else {
        ""
    };
    let who = match email {
        Some(email) => format!("You are signed in as <strong class=\"stated\">{}</strong>.", escaped(email)),
        None => "You are signed in.".to_owned(),
    };
    let fields = format!("{choice}<button class=\"primary\">Approve</button>\n");
    format!(
        "{}<p>{who}</p>\n{}{}<hr>\n{}",
        introduction(heading),
        form(heading, "approve", &fields),
        deny(heading),
        form(heading, "sign-out", "<button class=\"plain\">Use another account</button>\n"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(text: &str) -> Heading {
        let text = text.to_owned();
        Heading {
            project: text.clone(),
            program: Some(text.clone()),
            short_code: text.clone(),
            login_code: text.clone(),
            token: text,
        }
    }

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let hostile = "\"><script>alert('1')</script>&";
        let text = || hostile.to_owned();
        for view in [
            View::AskAddress { heading: heading(hostile), refused: None },
            View::AskCode { heading: heading(hostile), email: text(), nonce: text(), sandbox: true, refused: None },
            View::FollowLink { heading: heading(hostile), code: text() },
            View::Decide { heading: heading(hostile), email: Some(text()), anonymous: true },
            View::Refused { message: text() },
        ] {
            let html = view.html("/style.css");
            assert!(!html.contains("<script") && !html.contains("alert('"), "{html}");
            // The quotation mark ends no attribute.
            assert!(html.contains("&quot;&gt;&lt;script&gt;") && !html.contains("\"&gt;"), "{html}");
        }
    }

    #[test]
    fn the_choice_is_preset_to_no() {
        let html = View::Decide { heading: heading("x"), email: None, anonymous: true }.html("");
        assert!(html.contains("value=\"no\" checked>") && html.contains("value=\"yes\">"), "{html}");
    }

    #[test]
    fn slips_in_an_address_are_told() {
        for (text, good) in [
            ("ada@example.com", true),
            ("ada@example", false),
            ("ada", false),
            ("@example.com", false),
            ("ada@example.", false),
            ("ada @example.com", false),
        ] {
            assert_eq!(is_address(text), good, "{text}");
        }
    }
}
