//! Templates made of pieces at random: none makes the engine panic, and each error has a place.

use proptest::prelude::*;
use proptest::sample::select;

use super::line::SEEN;
use super::rendered;
use crate::json;

const PIECES: &[&str] = &[
    "$",
    "!",
    "\\",
    "#",
    "##",
    "#*",
    "*#",
    "#[[",
    "]]#",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ".",
    ",",
    "\"",
    "'",
    " ",
    "\n",
    "a",
    "x",
    "1",
    "2.5",
    "-1",
    "..",
    "$x",
    "$a.b",
    "${x}",
    "$!x",
    "\\$x",
    "#set($x=1)",
    "#set($x = \"v$y\")",
    "#if($x)",
    "#else",
    "#end",
    "#end\n",
    "#foreach($i in [1,2])",
    "#foo",
    "#foo()",
    "#break",
    "#stop",
    "@",
    "==",
    "&&",
    "$input.body",
    "$input.path(\"$.l\")",
    "$x[0]",
    "\\#if",
    "\\\\",
    "#macro(m)",
    "#m()",
    "\r\n",
    "\u{e9}",
    ":",
    "#define($d)",
    "$d",
    ".size()",
    ".substring(1)",
    ".replaceAll(\"[a-z]\",\"$0\")",
    ".keySet()",
    "{\"a\":1}",
    "\u{1f600}",
    "[1..3]",
];

proptest! {
    #[test]
    fn pieces(parts in prop::collection::vec(select(PIECES), 0..24)) {
        let template = parts.concat();
        if let Err(error) = rendered(SEEN, &template) {
            prop_assert!(template.get(..error.offset).is_some(), "{error:?} has no place in {template:?}");
        }
    }

    #[test]
    fn anything(template in any::<String>()) {
        if let Err(error) = rendered(SEEN, &template) {
            prop_assert!(template.get(..error.offset).is_some(), "{error:?} has no place in {template:?}");
        }
    }

    #[test]
    fn texts_without_marks_are_rendered_as_they_stand(template in "[^$#\\\\]*") {
        prop_assert_eq!(rendered(SEEN, &template), Ok(template));
    }

    #[test]
    fn what_is_encoded_is_decoded_to_the_same(text in any::<String>()) {
        let mut quoted = String::from("{\"body\":");
        json::write_text(&text, &mut quoted);
        quoted.push('}');
        for template in [
            "$util.urlDecode($util.urlEncode($input.body))",
            "$util.base64Decode($util.base64Encode($input.body))",
        ] {
            let made = rendered(&quoted, template);
            prop_assert_eq!(made.as_deref(), Ok(text.as_str()));
        }
    }
}
