//! What Velocity 1.7 itself makes of these, with the one rule of API Gateway: an unset reference is the empty text.

use super::line::SEEN;
use super::rendered;

/// Templates, and what they render to.
const RENDERED: &[(&str, &str)] = &[
    ("#if(1)a#else b#end #if(\"\")c#else d#end #if(\"x\"==\"x\")e#end", " b  d e"),
    ("#foo($a) #bar #stopx#set($x=5)#foo", "#foo($a) #bar #stopx#foo"),
    ("a#stop b", "a"),
    ("a#break b", "a"),
    ("#foreach($i in [1..3])$i#if($i==2)#break#end,#end|$!i|$velocityCount|$foreach.count", "1,2|||"),
    (
        "#set($x = 5 / 0)$x|#set($y = 7/2)$y|#set($z=7.0/2)$z|#set($q=\"a\"+1)$q|#set($w=1+\"a\")$w #set($e = 2147483647 + 1)$e #set($r=9223372036854775807+1)$r",
        "|3|3.5|a1|1a21474836489223372036854775808",
    ),
    (
        "$#$input.body|$$input.body|$5|$!|${|x",
        "$#{\"a\":1,\"l\":[\"x\",2,{\"y\":\"z\"}],\"m\":{\"k\":\"v\"}}|${\"a\":1,\"l\":[\"x\",2,{\"y\":\"z\"}],\"m\":{\"k\":\"v\"}}|$5|$|${|x",
    ),
    ("#define($b)hi $x#end#set($x=3)$b", "hi 3"),
    (
        "#macro(m $a $b)[$a|$b|$!c]#set($a=9)#end#set($z=1)#m($z \"q\")$z #m(3 4) #m($z)",
        "[1|q|]1 [3|4|] [1||]",
    ),
    ("#literal()$x#end", "$x"),
    (
        "$input.path('$.m').k $input.path('$.l')[1] $input.path('$.l').get(2).y $input.path('$.l').size()",
        "v 2 z 3",
    ),
    ("#foreach($k in $input.path('$.m').entrySet())$k.key=$k.value $k.getKey() $k#end", "k=v k k=v"),
    ("#foreach($v in $input.path('$.m'))$v#end #foreach($c in \"abc\")$c#end#foreach($c in 5)$c#end", "v "),
    ("#foreach($i in [1..1002])#set($n=$i)#end$n", "1000"),
    ("#if($unset)t#end#if(!$unset)u#end#if($unset == $null)v#end#if($unset==\"\")w#end", "tvw"),
    ("#@foo()x#end", "#@foo()x#end"),
    ("a\\\\", "a\\\\"),
    ("$ #set($x=1)y", "y"),
    ("#macro(m)1#end#macro(m)2#end#m()", "1"),
    ("#define($b)x$b#end$b", "xx$b"),
    ("#define($b)x#if($c)$b#end#end#set($c=true)$b", "xx$b"),
    ("#if($x.foo())t#end#if(!$x.foo)u#end", "t"),
    ("#if(5 > \"a\")t#{else}f#end#if(5 == 5.0)t#{else}f#end#if(\"5\"==5)t#{else}f#end", "ftt"),
    ("#set($l=[])#set($ok=$l.add($l))$l", "[(this Collection)]"),
    ("#foreach($x in [1,2])$x#foreach($y in [3])$foreach.parent.count$foreach.index#end#end$!x", "110220"),
    ("#macro(a \"b\")x#end", ""),
    ("#foreach($x on [1])$x#end", "1"),
    ("#foreach($x in [1] 3)$x#end", ""),
    (
        "#set($x=1.0)$x #set($x=100000000.0)$x #set($x=1.5e-7)$x #set($x=1e7)$x#set($x=1.0E-3)$x",
        "1.01.0E81.5E-71.0E70.001",
    ),
    ("#set($x = -7 / 2)$x #set($x = -7 % 3)$x #set($x=7.5%2)$x #set($x = 1 - -1)$x", "-3-11.52"),
    ("#set($a=[1..3])$a $a.size() [$a.get(0)] $a[1] #set($b=[3..1])$b", "[1, 2, 3] 3 [1] 2[3, 2, 1]"),
    ("#@foo()x#end #macro(bar)<$!bodyContent>#end #@bar()in#end", "#@foo()x#end  <in>"),
    ("$foo[1]bar.baz $input.body.length()x.y", "bar 43x"),
    (
        "#set($m={\"b\":1,\"a\":2,\"zz\":3,\"key10\":4})$m #foreach($x in $m)$x#end",
        "{b=1, a=2, zz=3, key10=4} 1234",
    ),
    ("${input.params('id')} $!{input.params(\"zz\")} ${x}y $!x-y $x-y", "7  y  "),
    ("#set($x = \"a\" == \"a\")$x #set($y = !$x)$y #set($z = $x && $y)$z", "truefalsefalse"),
    (
        "#set( $x = [ 1 , \"b\" , $input.params('id') ] )$x  \n  #if( true )\n  yes\n  #end\n  x",
        "[1, b, 7]  \n    yes\n    x",
    ),
    ("## c\na ## d\nb#* x *#c #[[ $x #if ]]# d", "a bc  $x #if  d"),
    ("#set($d=\"it\"\"s\")$d", "it\"s"),
    ("#set($d='it''s')$d", "it's"),
    ("#set($d=\"a\\nb\\tc\\u0041\")$d", "a\\nb\\tcA"),
    ("#set($d=\"a\\\\\")$d", "a\\\\"),
    ("#set($d=\"a\nb\")$d", "a\nb"),
    ("#set($d=\"$input.params('id')\")$d", "7"),
    ("#set($d=\"a$\")$d", "a$"),
    ("#set($d=\"a $foo\")$d|", "a |"),
    ("#set($d=\"#if(1==1)a#end\")$d|", "a|"),
    ("#set($d=\"##x\")$d|", "|"),
    ("#set($x=$input.path('$.a') + 1)$x", "2"),
    ("#if(true)a #else b #end #{if}(true)c#{end}d #if (true) e #end", "a  cd  e "),
    ("#if($input.path('$.zz') == $null)n#end#if($input.path('$.zz') == \"\")e#end", "ne"),
    ("#if($input.path('$.l').size() > 2 && !$input.path('$.q').isEmpty())x#end", ""),
    (
        "$!{input.path('$.m').get(\"k\")} ${input.body.substring(0,3)} $input.params().path.get('id') $input.params('id').toUpperCase()",
        "v {\"a 7 7",
    ),
    (
        "$context.foo.bar $context.stage.length() $stageVariables.x $util.escapeJavaScript(\"a'b/c\"\"d\")",
        " 4  a\\'b\\/c\\\"d",
    ),
    (
        "#set($m={\"a\":1})$m.put(\"b\",2) $m $m.put(\"a\",3) $m.remove(\"a\") $m.containsKey(\"b\") $m.containsValue(2) $m.size() $m.isEmpty() $m.get(\"q\") $m.entrySet().iterator().next().key $m.getOrDefault(\"z\",5) $m.putAll({\"x\":1}) $m",
        " {a=1, b=2} 1 3 true true 1 false  b 5  {b=2, x=1}",
    ),
    (
        "$foreach #foreach($x in [\"a\",\"b\"])$foreach.count $foreach.index $foreach.hasNext $foreach.first $foreach.last $velocityCount $velocityHasNext|#end",
        " 1 0 true true false 1 true|2 1 false false true 2 false|",
    ),
    ("$foreach.x.y#foreach($x in [\"a\",\"b\"])$foreach#end", "{}{}"),
    ("$.foo $a.b.c x", "$.foo  x"),
    ("#$.foo", ".foo"),
    ("$$.foo", "$$.foo"),
    ("\\$.foo \\\\$.foo", ".foo .foo"),
    ("#set($x=\"$.foo\")$x", "$.foo"),
    ("$!.foo", ".foo"),
    ("$$[x $$.x", "$$[x $$.x"),
    ("#set($d=\"$!.\")$d $!. x", "$. $. x"),
    ("#macro(m $a)#set($a=9)$a#end#set($z=1)#m($z)$z", "91"),
    ("#macro(m $a)$a#set($z=5)$a#end#set($z=1)#m($z)$z", "155"),
    ("#macro(m $a)$a#set($z=5)$a#end#set($z=1)#m(\"$z\")$z", "155"),
    ("#macro(m $a)#set($a.k=5)$a#end#set($z={})#m($z)$z", "{k=5}{k=5}"),
    ("#macro(m $a)#set($b=5)$a$b#foreach($q in [1])$q#end$!q#end#m(1)$b", "1515"),
    ("#macro(m $a)[$a]#end#m()#m($nope)#m([1..2])#m({\"a\":1})", "[][][[1, 2]][{a=1}]"),
    ("#macro(m $a)#foreach($a in [1,2])$a#end$a#end#set($z=\"z\")#m($z)$z", "12zz"),
    ("#macro(m)#set($x=1)#m2($x)#end#macro(m2 $y)$y#set($y=3)$y#end#m()$x", "131"),
    ("#macro(m $a $b)$a-$b#end#m($b $a)", ""),
    ("#macro(m $a)$a#end#set($a=1)#m($a)#m(\"$a\")", "11"),
    ("#foreach($i in [1,2,3])#macro(x)#break#end$i#x()#end", "123"),
    ("#define($b)#break#end#foreach($i in [1,2])$i$b#end", "12"),
    ("#foreach($i in [1,2])#if($i==1)#stop#end$i#end", ""),
    ("#set($x=\"a#stop b\")$x|", ""),
    ("#set($x=\"a#break b\")$x|", ""),
    ("#stop(1)x", ""),
    ("$a##x\nb", "b"),
    ("###x\ny", "y"),
    ("$a.b##x\ny", "##x\ny"),
    ("$##x\ny", "$y"),
    ("$a.b()##x\ny", "y"),
    ("#[[ ## ]]#y", " ## y"),
    ("#foo##x\ny", "#fooy"),
    ("#set($x=1)##x\ny", "y"),
    (
        "[$\\!foo] [$\\\\!foo] [\\$\\!foo] [\\\\$\\!foo] [$\\!{foo}] [$\\!foo.bar] [$\\!foo.bar()x]",
        "[] [] [] [] [] [] [x]",
    ),
    (
        "#set($foo=\"v\")[$\\!foo] [$\\\\!foo] [\\$\\!foo] [\\\\$\\!foo] [$\\!{foo}] [$\\!foo.bar] [$\\!foo.bar()x]",
        "[] [] [] [] [] [] [x]",
    ),
    ("[$\\\\\\!foo] [\\\\\\$\\\\\\!foo]", "[] []"),
    ("#set($x=$\\!foo)$x|#if($\\!foo)t#end", "|t"),
];

/// Templates that Velocity refuses, or fails to render.
const REFUSED: &[&str] = &[
    "#evaluate(\"x\") #parse(\"x\")",
    "#include(\"foo\")",
    "#macro(r)$r#r()#end#r()",
    "#set($i=1)#set($i=$null)[$i]#set($i=\"a\"-1)[$i]",
    "#set($x={})#set($x.a=1)#set($x[\"b\"]=2)#set($l=[1])#set($l[0]=7)$x $l#set($l[3]=1)$l",
    "$input.path('$.l')[7]|#set($l=[1])$l.get(9)|",
    "#foreach",
    "#define",
    "#set($a=\"x\")\"${a}y\" #set($b=\"${a}y $a#if(true)z#end\")$b #set($c='$a')$c #set($d=\"it\\\"s\")$d #set($e=\"a\\nb\")$e",
    "#set($d=\"it\\\"s\")$d",
    "#set($d=\"$input.params(\"id\")\")$d",
    "#set($x='a' 'b')",
    "$a.b(##x\n1)y",
    "$a[##x\n1]y",
    "#if(##x\ntrue)y#end",
    "#set($x##y\n=1)z",
    "#foreach($i in [1..2]##x\n)z#end",
    "#if($foo[1]bar)t#end",
    "#set($x=[$a[1]b])$x",
];

#[test]
fn templates_render_as_velocity_renders_them() {
    for (template, wanted) in RENDERED {
        assert_eq!(rendered(SEEN, template).as_deref(), Ok(*wanted), "{template}");
    }
}

#[test]
fn what_velocity_refuses_is_refused_at_a_place() {
    for template in REFUSED {
        let error = rendered(SEEN, template).unwrap_err();
        assert!(template.get(..error.offset).is_some(), "{template}: {error:?}");
    }
}
