import com.yahoo.labs.samoa.instances.Attribute;
import com.yahoo.labs.samoa.instances.DenseInstance;
import com.yahoo.labs.samoa.instances.Instance;
import com.yahoo.labs.samoa.instances.Instances;
import com.yahoo.labs.samoa.instances.InstancesHeader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import moa.cluster.Clustering;
import moa.clusterers.denstream.MicroCluster;
import moa.clusterers.denstream.Timestamp;
import moa.clusterers.denstream.WithDBSCAN;

/** MOA's DenStream, given micro-clusters, over a file of points; prints points, CPU seconds and micro-clusters. */
public class MoaDenStream {
    public static void main(String[] arguments) throws Exception {
        int heaps = Integer.parseInt(arguments[1]);
        int each = Integer.parseInt(arguments[2]);
        int round = Integer.parseInt(arguments[3]);
        int rounds = Integer.parseInt(arguments[4]);
        double limit = Double.parseDouble(arguments[5]);
        DoubleBuffer values = ByteBuffer.wrap(Files.readAllBytes(Path.of(arguments[0])))
                .order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
        InstancesHeader header = new InstancesHeader(
                new Instances("points", List.of(new Attribute("x"), new Attribute("y")), 0));

        WithDBSCAN model = new WithDBSCAN();
        model.epsilonOption.setValue(Double.parseDouble(arguments[6]));
        model.muOption.setValue(Double.parseDouble(arguments[7]));
        model.betaOption.setValue(Double.parseDouble(arguments[8]));
        model.lambdaOption.setValue(Double.parseDouble(arguments[9]));
        model.speedOption.setValue(Integer.parseInt(arguments[10]));
        model.prepareForUse();
        Timestamp now = (Timestamp) field("currentTimestamp").get(model);
        for (int heap = 0; heap < heaps; heap++) {
            List<Instance> points = read(values, header, each);
            MicroCluster given = new MicroCluster(points.get(0), 2, 0, model.lambdaOption.getValue(), now);
            for (Instance point : points.subList(1, each)) {
                given.insert(point, 0);
            }
            ((Clustering) field("p_micro_cluster").get(model)).add(given);
        }
        field("initialized").set(model, true);

        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (int number = 0; number < rounds; number++) {
            List<Instance> instances = read(values, header, round);
            int learned = 0;
            long began = threads.getCurrentThreadCpuTime();
            while (learned < instances.size()
                    && (learned % 64 != 0 || threads.getCurrentThreadCpuTime() - began < limit * 1e9)) {
                model.trainOnInstance(instances.get(learned++));
            }
            double seconds = (threads.getCurrentThreadCpuTime() - began) / 1e9;
            int microClusters = 0;
            for (String kind : List.of("p_micro_cluster", "o_micro_cluster")) {
                microClusters += ((Clustering) field(kind).get(model)).size();
            }
            System.out.println(learned + " " + seconds + " " + microClusters);
        }
    }

    private static Field field(String name) throws NoSuchFieldException {
        Field field = WithDBSCAN.class.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    private static List<Instance> read(DoubleBuffer values, InstancesHeader header, int count) {
        List<Instance> instances = new ArrayList<>(count);
        for (int number = 0; number < count; number++) {
            Instance instance = new DenseInstance(1.0, new double[] {values.get(), values.get()});
            instance.setDataset(header);
            instances.add(instance);
        }
        return instances;
    }
}
