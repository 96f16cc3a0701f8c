using System.Diagnostics;
using System.Threading.Tasks;

namespace Nvmepf.Mutations;

/// <summary>
/// Builds each defect of tests/Defects into a copy of the sources and runs the tests that must fail on it; a test that passes all the same is
/// reported, and so is one that fails without any defect.
/// </summary>
public static class Program
{
    private const string Usage = "usage: mutations REPOSITORY SCRATCH [NAME]...   NAME: part of a mutation's name; without one, all of them";

    /// <summary>Defects of the reference, named after the row of docs/defects.md; from the root of the repository.</summary>
    internal const string ReferenceFolder = "tests/Defects/Reference";

    /// <summary>Folders of mutations: also such against what the firmware promises.</summary>
    internal static readonly string[] Folders = [ReferenceFolder, "tests/Defects/Promises"];

    /// <summary>The program.</summary>
    /// <returns>0 where every defect was caught by every test that it names, 1 where not, 2 for wrong arguments.</returns>
    public static int Main(string[] arguments)
    {
        if (arguments.Length < 2 || !File.Exists(Path.Combine(arguments[0], "Firmware.sln")))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        try
        {
            return Run(Path.GetFullPath(arguments[0]), Path.GetFullPath(arguments[1]), arguments[2..]);
        }
        catch (MutationException e)
        {
            Console.Error.WriteLine($"mutations: {e.Message}");
            return 1;
        }
    }

    private static int Run(string repository, string scratch, string[] names)
    {
        Mutation[] mutations = Choose(repository, names);
        SourceTree tree = new(repository, Path.Combine(scratch, "tree"));
        Workshop workshop = new(tree, scratch);
        Console.WriteLine("== building the sources as they are, in a copy");
        tree.Synchronize();
        workshop.BuildSound();
        int wrong = CheckSound(workshop, mutations);
        int caught = 0;
        Task<Built> next = Task.Run(() => Build(workshop, mutations[0]));
        for (int i = 0; i < mutations.Length; i++)
        {
            Built built = next.GetAwaiter().GetResult();
            if (i + 1 < mutations.Length)
            {
                Mutation following = mutations[i + 1];
                next = Task.Run(() => Build(workshop, following)); // while the tests run
            }

            caught += Judge(workshop, mutations[i], built) ? 1 : 0;
        }

        wrong += mutations.Length - caught;
        Console.WriteLine($"{mutations.Length} defects built in, {caught} caught{(wrong == 0 ? "" : ": FAILED")}");
        return wrong == 0 ? 0 : 1;
    }

    private static Mutation[] Choose(string repository, string[] names)
    {
        List<Mutation> chosen = [];
        foreach (string folder in Folders)
        {
            foreach (Mutation mutation in Mutation.ReadFolder(Path.Combine(repository, folder)))
            {
                if (names.Length == 0 || Array.Exists(names, name => mutation.Name.Contains(name, StringComparison.Ordinal)))
                {
                    chosen.Add(mutation);
                }
            }
        }

        return chosen.Count > 0 ? [.. chosen] : throw new MutationException($"no mutation's name holds {string.Join(" or ", names)}");
    }

    /// <summary>A test that fails without a defect proves nothing by failing with one.</summary>
    private static int CheckSound(Workshop workshop, Mutation[] mutations)
    {
        HashSet<string> tests = [];
        foreach (Mutation mutation in mutations)
        {
            tests.UnionWith(mutation.Tests);
        }

        Console.WriteLine($"== running {tests.Count} tests without a defect");
        TestRun run = workshop.RunSound([.. tests]);
        int wrong = 0;
        foreach (string test in tests)
        {
            if (run.End(test) != TestEnd.Passed)
            {
                Console.WriteLine($"   {test} does not pass");
                wrong++;
            }
        }

        return wrong;
    }

    private static Built Build(Workshop workshop, Mutation mutation)
    {
        try
        {
            return new Built(workshop.BuildDefect(mutation), null);
        }
        catch (MutationException e)
        {
            return new Built(null, e.Message);
        }
    }

    private static bool Judge(Workshop workshop, Mutation mutation, Built built)
    {
        Console.WriteLine($"== {mutation.Name}: {mutation.Defect}");
        if (built.Folder is null)
        {
            Console.WriteLine($"   NOT BUILT: {built.Problem}");
            return false;
        }

        long start = Stopwatch.GetTimestamp();
        TestRun run = workshop.RunWith(built.Folder, mutation.Tests);
        bool isCaught = true;
        foreach (string test in mutation.Tests)
        {
            // One test that never ends, or takes the process along, hides how the others end.
            TestEnd end = run.End(test);
            end = end == TestEnd.None && mutation.Tests.Length > 1 ? workshop.RunWith(built.Folder, [test]).End(test) : end;
            isCaught &= end != TestEnd.Passed;
            Console.WriteLine(end switch
            {
                TestEnd.Passed => $"   NOT CAUGHT by {test}",
                TestEnd.Failed => $"   caught by {test}",
                _ => $"   caught by {test}, which did not end",
            });
        }

        Console.WriteLine($"   ({Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s)");
        return isCaught;
    }

    /// <summary>Where the assemblies with a defect are, or why there are none.</summary>
    private sealed record Built(string? Folder, string? Problem);
}
