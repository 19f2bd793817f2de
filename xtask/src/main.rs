//! The team's commands: `cargo xtask test`, `cargo xtask lint`, `cargo xtask bench`, `cargo xtask sam-local`.
//!
//! Nothing but the standard library is used here, because every one of them starts by building this.

mod bench;
mod lint;
mod sam_local;
mod steps;
mod test;
mod tools;
mod velocity;

use std::process::ExitCode;

const HELP: &str = "\
The team's commands.

Usage: cargo xtask COMMAND

Commands:
  test [FILTER...] [-- ARGUMENT...]   install the pinned tools that tests need, then run every test,
                                      or those whose names contain a FILTER
  lint                                formatting, clippy, dependency rules and the house rules (tidy)
  bench [NAME...]                     run the benches, or those whose names contain a NAME
  sam-local                           run the built router in a container, with the SAM CLI and podman,
                                      which is installed if that is possible (root, apt); else skipped

Options:
  -h, --help                          this text
";

/// What the shell expects of a command that was called wrongly.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = Vec::new();
    for argument in std::env::args_os().skip(1) {
        match argument.into_string() {
            Ok(argument) => arguments.push(argument),
            Err(argument) => return usage(&format!("`{}` is not valid UTF-8", argument.display())),
        }
    }
    let Some((command, rest)) = arguments.split_first() else {
        return usage("a command is missing");
    };
    if wants_help(command) || rest.iter().take_while(|argument| *argument != "--").any(|it| wants_help(it)) {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let parsed = split_arguments(rest);
    match (command.as_str(), parsed) {
        (_, Err(problem)) => usage(&problem),
        ("test", Ok((filters, passed_on))) => test::run(filters, passed_on),
        ("bench", Ok((names, []))) => bench::run(names),
        ("lint", Ok(([], []))) => lint::run(),
        ("sam-local", Ok(([], []))) => sam_local::run(),
        ("bench" | "lint" | "sam-local", Ok(_)) => {
            usage(&format!("`{command}` does not take these arguments"))
        }
        (unknown, Ok(_)) => usage(&format!("`{unknown}` is not a command")),
    }
}

/// The names to filter by, and what stands behind `--` for the test programs themselves.
fn split_arguments(arguments: &[String]) -> Result<(&[String], &[String]), String> {
    let (names, passed_on) = match arguments.iter().position(|argument| argument == "--") {
        Some(at) => {
            let (names, rest) = arguments.split_at(at);
            (names, rest.get(1..).unwrap_or_default())
        }
        None => (arguments, [].as_slice()),
    };
    match names.iter().find(|name| name.starts_with('-')) {
        Some(option) => Err(format!("`{option}` is not an option")),
        None => Ok((names, passed_on)),
    }
}

fn wants_help(argument: &str) -> bool {
    matches!(argument, "-h" | "--help" | "help")
}

fn usage(problem: &str) -> ExitCode {
    eprintln!(
        "error: {problem}; the commands are `test`, `lint`, `bench` and `sam-local`: see `cargo xtask --help`"
    );
    ExitCode::from(EXIT_USAGE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::split_arguments;

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn names_are_separated_from_what_is_passed_on() {
        let arguments = strings(&["route", "import", "--", "--nocapture"]);
        let (names, passed_on) = split_arguments(&arguments).unwrap();
        assert_eq!(names, ["route", "import"]);
        assert_eq!(passed_on, ["--nocapture"]);
    }

    #[test]
    fn an_unknown_option_is_refused_by_name() {
        let problem = split_arguments(&strings(&["route", "--fast"])).unwrap_err();
        assert_eq!(problem, "`--fast` is not an option");
    }
}
