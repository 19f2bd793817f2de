use super::*;

/// All of these are what json-smart 2.2 makes of them.
#[test]
fn numbers_are_those_of_java() {
    for (document, written) in [
        ("[0,-0,2147483648,9223372036854775807]", "[0,0,2147483648,9223372036854775807]"),
        ("[9223372036854775808,-9223372036854775808]", "[9223372036854775808,-9223372036854775808]"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("[1.5,1.0,100.0,1e2,1E+2]", "[1.5,1.0,100.0,100.0,100.0]"),
        ("[1e-7,123456789.5,0.001,0.0001,1e10]", "[1.0E-7,1.234567895E8,0.001,1.0E-4,1.0E10]"),
        ("[9999999.0,10000000.0]", "[9999999.0,1.0E7]"),
        (
            "[0.10000000000000000,0.1000000000000000055511151231257827]",
            "[0.10000000000000000,0.1000000000000000055511151231257827]",
        ),
        ("[12345678901234567890.5,123456789012345678.5]", "[12345678901234567890.5,123456789012345678.5]"),
        ("[-0.0,-0.0e0,1e400]", "[-0.0,-0.0,null]"),
    ] {
        assert_eq!(rewritten(document, read).unwrap(), written, "{document}");
    }
}

#[test]
fn long_numbers_are_printed_as_a_big_decimal_is() {
    for (document, written) in [
        ("1.00000000000000000e+3", "1000.00000000000000"),
        ("1.00000000000000000e+30", "1.00000000000000000E+30"),
        ("0.000000000000000001", "1E-18"),
        ("0.0000001234567890123456789", "1.234567890123456789E-7"),
        ("0.00001234567890123456789", "0.00001234567890123456789"),
        ("-0.00000000000000000000", "0E-20"),
    ] {
        assert_eq!(rewritten(document, read).unwrap(), written, "{document}");
    }
}

#[test]
fn numbers_end_at_a_limit() {
    let longest = "1".repeat(NUMBER_LENGTH_MAX);
    assert_eq!(rewritten(&longest, read).unwrap(), longest);
    assert!(rewritten(&format!("{longest}1"), read).is_err());
    assert!(rewritten("[1.0000000000000000e99999999999]", read).is_err());
}

#[test]
fn decimals_compare_and_divide_by_their_value() {
    let decimal = |text: &str| Decimal::parse(text).unwrap();
    for (less, more) in
        [("-1", "0"), ("0", "1e-9"), ("9", "10"), ("1e2", "101"), ("-101", "-1e2"), ("0.9", "0.91")]
    {
        assert!(decimal(less) < decimal(more), "{less} {more}");
    }
    assert_eq!(decimal("1.50"), decimal("15e-1"));
    assert_eq!(decimal("-0.0"), decimal("0"));
    for (number, divisor, is_multiple) in [
        ("0.0075", "0.0001", true),
        ("0.00751", "0.0001", false),
        ("1e300", "3", false),
        ("3e300", "3", true),
        ("35", "0.7", true),
        ("0", "7", true),
        ("7", "70", false),
    ] {
        assert_eq!(decimal(number).is_multiple_of(&decimal(divisor)), is_multiple, "{number} / {divisor}");
    }
    assert!(Decimal::parse("1,5").is_none() && Decimal::parse("").is_none() && Decimal::parse("x").is_none());
}
