using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Nvmepf.Mutations;

/// <summary>
/// Builds a copy of the tree, once whole and then the one project that a defect is in, and runs tests of it. The program of the tests is built
/// once: a defect changes what methods do and none of their names, so its assembly only takes the place of the sound one.
/// </summary>
/// <remarks>Does not know which tests have to fail; <see cref="Program"/> does.</remarks>
internal sealed partial class Workshop
{
    private const string Framework = "net10.0";
    private const string ResultsFile = "run.trx";
    private static readonly TimeSpan s_soundLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_defectLimit = TimeSpan.FromMinutes(2); // of few tests, one of which may never end

    // In the order in which they need each other.
    private static readonly string[] s_projects = ["hal/Linux/Linux.csproj", "hal/Hal.csproj", "firmware/Spec/Spec.csproj", "firmware/Firmware.csproj"];

    private readonly SourceTree _tree;
    private readonly string _artifacts;
    private readonly string _results;

    public Workshop(SourceTree tree, string folder)
    {
        _tree = tree;
        _artifacts = Path.Combine(folder, "artifacts");
        _results = Path.Combine(folder, "results");
        _ = Directory.CreateDirectory(_results);
    }

    private string TestFolder => Path.Combine(_artifacts, "bin", "Tests", "release");

    /// <summary>Builds everything that the tests need, without any defect.</summary>
    /// <exception cref="MutationException">It does not build.</exception>
    public void BuildSound()
    {
        int status = Build("tests/Tests.csproj", out string output);
        if (status != 0)
        {
            throw new MutationException($"the tree does not build as it is:\n{output}");
        }
    }

    /// <summary>Builds the projects that a mutation changes, with the defect, and puts the assemblies into a folder of its own.</summary>
    /// <exception cref="MutationException">It does not fit or does not build.</exception>
    public string BuildDefect(Mutation mutation)
    {
        string folder = Path.Combine(_artifacts, "defects", mutation.Name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        _ = Directory.CreateDirectory(folder);
        HashSet<string> projects = [];
        foreach (Replacement replacement in mutation.Replacements)
        {
            _ = projects.Add(_tree.ProjectOf(replacement.File));
        }

        try
        {
            _tree.Apply(mutation);
            foreach (string project in s_projects)
            {
                if (projects.Remove(project))
                {
                    BuildDefect(project, folder);
                }
            }
        }
        finally
        {
            _tree.Restore(mutation);
        }

        return projects.Count == 0 ? folder : throw new MutationException($"nothing is known of how to replace what {string.Join(", ", projects)} builds");
    }

    /// <summary>Runs tests with the assemblies of a folder in the place of the sound ones.</summary>
    public TestRun RunWith(string folder, string[] tests)
    {
        string[] assemblies = Array.ConvertAll(Directory.GetFiles(folder, "*.dll"), path => Path.GetFileName(path));
        try
        {
            foreach (string name in assemblies)
            {
                File.Move(Path.Combine(TestFolder, name), Path.Combine(TestFolder, name + ".sound"), overwrite: true);
                File.Copy(Path.Combine(folder, name), Path.Combine(TestFolder, name));
            }

            return Run(tests, s_defectLimit);
        }
        finally
        {
            foreach (string name in assemblies)
            {
                File.Move(Path.Combine(TestFolder, name + ".sound"), Path.Combine(TestFolder, name), overwrite: true);
            }
        }
    }

    /// <summary>Runs tests without any defect, by their names without the namespace.</summary>
    public TestRun RunSound(string[] tests) => Run(tests, s_soundLimit);

    private TestRun Run(string[] tests, TimeSpan limit)
    {
        string path = Path.Combine(_results, ResultsFile);
        File.Delete(path);
        string filter = string.Join('|', Array.ConvertAll(tests, test => $"FullyQualifiedName={TestRun.Namespace}{test}"));
        _ = Dotnet(
            limit, out _, "test", Path.Combine(TestFolder, "Tests.dll"), "--filter", filter, "--logger", $"trx;LogFileName={ResultsFile}", "--results-directory", _results);
        return new TestRun(path);
    }

    private void BuildDefect(string project, string folder)
    {
        if (Build(project, out string output, "--no-restore", "--no-dependencies") != 0)
        {
            throw new MutationException($"with the defect {project} does not build:\n{output}");
        }

        string assembly = AssemblyName().Match(File.ReadAllText(Path.Combine(_tree.Root, project))).Groups[1].Value + ".dll";
        string name = Path.GetFileNameWithoutExtension(project);
        File.Copy(Path.Combine(_artifacts, "bin", name, $"release_{Framework}", assembly), Path.Combine(folder, assembly));
    }

    private int Build(string project, out string output, params string[] options) => Dotnet(
        Timeout.InfiniteTimeSpan, out output,
        [
            "build", project, "-c", "Release", "--artifacts-path", _artifacts, "-v", "q", "-nologo", "-clp:NoSummary", $"-p:NvmepfFrameworks={Framework}",
            "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", .. options,
        ]);

    /// <summary>Runs dotnet in the copy; where it takes longer than allowed it is killed with all that it started.</summary>
    private int Dotnet(TimeSpan limit, out string output, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = _tree.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string variable in new[] { "NVMEPF_BINARY", "NVMEPF_HOST_BINARY", "NVMEPF_SOC_BINARY", "NVMEPF_ILC_RESPONSE" })
        {
            _ = start.Environment.Remove(variable); // the tests are to run what is built here
        }

        start.Environment["NVMEPF_ROOT"] = _tree.Root;
        using Process process = Process.Start(start) ?? throw new MutationException("dotnet cannot be started");
        System.Threading.Tasks.Task<string> text = process.StandardOutput.ReadToEndAsync();
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        bool ended = process.WaitForExit(limit);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        output = text.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult();
        return ended ? process.ExitCode : -1;
    }

    [GeneratedRegex("<AssemblyName>([^<]*)</AssemblyName>")]
    private static partial Regex AssemblyName();
}
