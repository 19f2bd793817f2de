// Reads lines of a document and a path, each in base64 with a tab between, and answers what Jayway's JSONPath makes of each:
// `V` and the found value as JSON, `N` where there is nothing, `E` where the path or the document does not fit.
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.PathNotFoundException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;

public class Jayway {
    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t", -1);
            out.println(answer(text(parts[0]), text(parts[1])));
        }
        out.flush();
    }

    static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    static String answer(String document, String path) {
        try {
            Object found = JsonPath.parse(document).read(path);
            String json = JSONValue.toJSONString(found, JSONStyle.LT_COMPRESS);
            return "V" + Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
        } catch (PathNotFoundException nothing) {
            return "N";
        } catch (Throwable error) {
            return "E";
        }
    }
}
