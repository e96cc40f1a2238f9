import io.trino.server.Server;

/** Starts Trino's server: its own starter is in no published jar but a tarball of a gigabyte. */
public class StartTrino {
    public static void main(String[] args) {
        new Server().start(args[0]);
    }
}
