import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.Option;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.minidev.json.JSONObject;
import net.minidev.json.JSONValue;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.app.event.EventCartridge;
import org.apache.velocity.app.event.InvalidReferenceEventHandler;
import org.apache.velocity.context.Context;
import org.apache.velocity.runtime.RuntimeConstants;
import org.apache.velocity.runtime.log.NullLogChute;
import org.apache.velocity.util.introspection.Info;

/** Renders the templates on its standard input with Velocity 1.7: one JSON object a line in, one a line out. */
public final class Oracle {
    private static final Configuration PATHS =
        Configuration.defaultConfiguration().addOptions(Option.SUPPRESS_EXCEPTIONS);

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JSONObject answer = new JSONObject();
            try {
                answer.put("out", render((Map<?, ?>) JSONValue.parseKeepingOrder(line)));
            } catch (Throwable error) {
                answer.put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
            }
            out.println(answer.toJSONString());
        }
    }

    private static String render(Map<?, ?> question) {
        // An engine of its own for each: Velocity keeps macros from one template to the next.
        VelocityEngine engine = new VelocityEngine();
        engine.setProperty(RuntimeConstants.RUNTIME_LOG_LOGSYSTEM_CLASS, NullLogChute.class.getName());
        engine.setProperty("velocimacro.library", "");
        engine.setProperty("directive.foreach.maxloops", "1000");
        engine.init();
        VelocityContext context = new VelocityContext();
        EventCartridge events = new EventCartridge();
        events.addInvalidReferenceEventHandler(new EmptyForUnset());
        events.attachToContext(context);
        Map<?, ?> parameters = map(question.get("params"));
        context.put("input", new Input((String) question.get("body"), parameters));
        context.put("util", new Util());
        context.put("context", linked(question.get("context")));
        context.put("stageVariables", linked(question.get("stageVariables")));
        StringWriter writer = new StringWriter();
        engine.evaluate(context, writer, "template", (String) question.get("template"));
        return writer.toString();
    }

    private static Map<?, ?> map(Object value) {
        return value instanceof Map ? (Map<?, ?>) value : new LinkedHashMap<Object, Object>();
    }

    private static Object linked(Object value) {
        if (!(value instanceof Map)) {
            return value == null ? new LinkedHashMap<Object, Object>() : value;
        }
        Map<Object, Object> linked = new LinkedHashMap<Object, Object>();
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
            linked.put(entry.getKey(), entry.getValue() instanceof Map ? linked(entry.getValue()) : entry.getValue());
        }
        return linked;
    }

    /** Java's own lists in place of those that print as JSON. */
    private static Object plain(Object value) {
        if (value instanceof Map) {
            Map<Object, Object> plain = new LinkedHashMap<Object, Object>();
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                plain.put(entry.getKey(), plain(entry.getValue()));
            }
            return plain;
        }
        if (value instanceof List) {
            List<Object> plain = new ArrayList<Object>();
            for (Object each : (List<?>) value) {
                plain.add(plain(each));
            }
            return plain;
        }
        return value;
    }

    /** An unset reference is the empty string. */
    public static final class EmptyForUnset implements InvalidReferenceEventHandler {
        public Object invalidGetMethod(Context c, String reference, Object object, String property, Info info) {
            return "";
        }
        public boolean invalidSetMethod(Context c, String left, String right, Info info) {
            return false;
        }
        public Object invalidMethod(Context c, String reference, Object object, String method, Info info) {
            return "";
        }
    }

    public static final class Input {
        private final String body;
        private final Map<?, ?> parameters;
        Input(String body, Map<?, ?> parameters) {
            this.body = body == null ? "" : body;
            this.parameters = parameters;
        }
        public String getBody() { return body; }
        public Object path(String path) {
            return JsonPath.using(PATHS).parse(body.isEmpty() ? "{}" : body).read(path);
        }
        public String json(String path) {
            Object found = path(path);
            return found == null ? "" : JSONValue.toJSONString(found);
        }
        public Object params() {
            Map<String, Object> all = new LinkedHashMap<String, Object>();
            for (String place : new String[] {"path", "querystring", "header"}) {
                all.put(place, linked(parameters.get(place)));
            }
            return all;
        }
        public Object params(String name) {
            for (String place : new String[] {"path", "querystring", "header"}) {
                Object value = map(parameters.get(place)).get(name);
                if (value != null) {
                    return value;
                }
            }
            return null;
        }
    }

    public static final class Util {
        public String escapeJavaScript(String text) {
            return org.apache.commons.lang.StringEscapeUtils.escapeJavaScript(text);
        }
        public Object parseJson(String text) { return plain(JSONValue.parse(text)); }
        public String urlEncode(String text) throws Exception { return java.net.URLEncoder.encode(text, "UTF-8"); }
        public String urlDecode(String text) throws Exception { return java.net.URLDecoder.decode(text, "UTF-8"); }
        public String base64Encode(String text) {
            return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }
        public String base64Decode(String text) {
            return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
        }
    }
}
