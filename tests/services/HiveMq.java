import com.hivemq.embedded.EmbeddedHiveMQ;
import java.nio.file.Path;

/** HiveMQ CE in the folder that is named: conf/config.xml in it says the rest. Everybody may connect. */
class HiveMq {
    public static void main(String[] folder) {
        var root = Path.of(folder[0]);
        EmbeddedHiveMQ.builder().withConfigurationFolder(root.resolve("conf"))
            .withDataFolder(root.resolve("data")).withExtensionsFolder(root.resolve("extensions"))
            .build().start().join();
    }
}
