use proptest::prelude::*;

use super::*;

fn is_plain(text: &str) -> bool {
    Template::parse(text) == Template::Plain(text.into())
}

/// Each of these was held against Velocity 1.7 itself.
#[test]
fn what_velocity_leaves_alone_is_plain() {
    for text in [
        "",
        "{\"statusCode\": 200}",
        "{statusCode: 200}",
        "costs $5.00 or $ 6",
        "{\"currency\": \"$\"}",
        "$-a",
        "$.a",
        "$(a)",
        "$\u{e9}",
        "a\\b \\\\ c",
        "a\\nb \\\\n stop",
        "# heading",
        "#ffffff",
        "#foo",
        "#{foo}",
        "#{else",
        "#elsex",
        "#endx",
        "#[a",
        "#(",
        "#1",
        "#\u{e9}",
    ] {
        assert!(is_plain(text), "{text}");
    }
}

#[test]
fn what_velocity_renders_or_refuses_is_not() {
    for text in [
        "$input.path('$')",
        "{\"a\": $input.json('$')}",
        "$_a",
        "$!a",
        "$! a",
        "$\\!a",
        "$\\\\ a",
        "\\$[",
        "${[",
        "$5 $$ 6",
        "#\\\\ a",
        "#$]",
        "${a}",
        "$!{a}",
        "\\$a",
        "$$a",
        "ends in $",
        "ends in $!",
        "#set($a = 1)",
        "#set ($a = 1)",
        "#if(true) a #else b #end",
        "#{if}(true)a#{else}b#{end}",
        "#elseif",
        "#foreach",
        "#break",
        "#stop",
        "#define",
        "#macro",
        "#include",
        "#parse",
        "#evaluate",
        "#end-user",
        "\\#set",
        "a ## comment",
        "#* comment *#",
        "#[[literal]]#",
        "#foo(a)",
        "#foo\n (a)",
        "#{foo}(a)",
        "#@foo(a)",
        "ends in #",
        "a\\\\ stop",
    ] {
        assert_eq!(Template::parse(text), Template::Velocity, "{text}");
    }
}

proptest! {
    #[test]
    fn text_without_marks_is_plain(text in "[^$#]*") {
        prop_assert!(is_plain(&text));
    }

    #[test]
    fn a_reference_anywhere_is_found(before in ".*", after in ".*") {
        let text = format!("{before}$input{after}");
        prop_assert_eq!(Template::parse(&text), Template::Velocity);
    }
}
