import io.trino.server.Server;

/** Starts Trino's server. Its own starter is only in a tarball of a gigabyte. */
public class StartTrino {
    public static void main(String[] args) {
        new Server().start(args[0]);
    }
}
