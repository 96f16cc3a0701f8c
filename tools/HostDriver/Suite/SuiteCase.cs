// The benchmark suite: one firmware process pinned to one core, this process on another, a list of workloads, and beside each figure
// the limit that the same machine showed in the same run. It compares nothing with other targets and asserts nothing about time.

namespace Nvmepf.HostDriver.Suite;

/// <summary>What a figure is held against.</summary>
public enum SuiteLimit
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A cache line handed back and forth between the two cores: what one command at a time cannot beat.</summary>
    CacheLineBounce,

    /// <summary>Empty turns of the reactor: what is left when no command comes.</summary>
    EmptyTurn,

    /// <summary>Copying the same bytes on one core.</summary>
    MemoryCopy,

    /// <summary>The same file through io_uring alone.</summary>
    FileAlone,
}

/// <summary>One workload of the suite.</summary>
/// <param name="Namespace">Kind of namespace: null, ram or file.</param>
/// <param name="Pattern">randread, randwrite or randrw.</param>
/// <param name="BlockSizeBytes">Bytes of a command.</param>
/// <param name="Depth">Commands outstanding on each queue.</param>
/// <param name="Queues">I/O queue pairs.</param>
/// <param name="Sgl">SGLs instead of PRPs.</param>
/// <param name="Interrupts">The host sleeps until an interrupt comes, instead of polling.</param>
public sealed record SuiteCase(string Namespace, string Pattern, int BlockSizeBytes, int Depth, int Queues = 1, bool Sgl = false, bool Interrupts = false)
{
    /// <summary>Name in tables, and what two runs are compared by.</summary>
    public string Name => $"{Namespace} {Pattern} {Size(BlockSizeBytes)} QD{Depth}{(Queues > 1 ? $" x{Queues}" : "")} {(Sgl ? "SGL" : "PRP")}{(Interrupts ? " irq" : "")}";

    /// <summary>What the figure stands beside.</summary>
    public SuiteLimit Limit => Namespace switch
    {
        _ when Interrupts => SuiteLimit.None,
        "null" when Depth == 1 => SuiteLimit.CacheLineBounce,
        "null" => SuiteLimit.EmptyTurn,
        "ram" => SuiteLimit.MemoryCopy,
        _ => SuiteLimit.FileAlone,
    };

    /// <summary>Whether the stages of its commands are timed too, in a round of its own.</summary>
    public bool IsTimed => Queues == 1 && !Interrupts && !Sgl && Pattern != "randrw" && BlockSizeBytes != 512 && (Depth != 32 || BlockSizeBytes > 4096);

    /// <summary>Every workload, in the order of the table.</summary>
    public static IReadOnlyList<SuiteCase> All { get; } = Build();

    private static List<SuiteCase> Build()
    {
        const int Block = 4096;
        const int Large = 128 * 1024;
        var cases = new List<SuiteCase>();
        foreach (string kind in (string[])["null", "ram", "file"])
        {
            foreach (string pattern in (string[])["randread", "randwrite"])
            {
                foreach (int depth in (int[])[1, 32, 128])
                {
                    cases.Add(new SuiteCase(kind, pattern, Block, depth));
                }

                cases.Add(new SuiteCase(kind, pattern, Large, 32));
            }

            cases.Add(new SuiteCase(kind, "randread", 512, 32));
            cases.Add(new SuiteCase(kind, "randwrite", 512, 32));
            cases.Add(new SuiteCase(kind, "randrw", Block, 32));
        }

        foreach (int depth in (int[])[1, 32, 128])
        {
            cases.Add(new SuiteCase("null", "randread", Block, depth, Sgl: true));
            cases.Add(new SuiteCase("ram", "randread", Block, depth, Sgl: true));
        }

        foreach (int queues in (int[])[2, 4])
        {
            cases.Add(new SuiteCase("null", "randread", Block, 32, queues));
            cases.Add(new SuiteCase("ram", "randread", Block, 32, queues));
        }

        foreach (int depth in (int[])[1, 32])
        {
            cases.Add(new SuiteCase("null", "randread", Block, depth, Interrupts: true));
            cases.Add(new SuiteCase("ram", "randread", Block, depth, Interrupts: true));
        }

        return cases;
    }

    private static string Size(int bytes) => bytes >= 1024 ? $"{bytes / 1024}K" : $"{bytes}B";
}
