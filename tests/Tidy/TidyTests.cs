using System.Linq;
using Xunit;

namespace Nvmepf.Tests.Tidy;

/// <summary>Holds the repository to the house rules that a machine can check, and shows of each rule that it can fail.</summary>
public sealed class TidyTests
{
    private static readonly string s_root = FindRoot();

    private static readonly string[] s_reactorFolders =
    [
        "firmware/Commands", "firmware/Controller", "firmware/Queues", "firmware/Transfer", "firmware/Namespaces", "hal/VfioUser", "hal/Mmio", "hal/Linux/IoUring",
        "hal/DesignWare", "hal/Rk3588",
    ];

    [Fact]
    public void Text_files_are_plain() => Check([".cs", ".sh", ".md", ".csproj", ".props"], _ => true, TidyRules.Text);

    [Fact]
    public void No_file_holds_unwanted_words() =>
        Check([".cs", ".sh", ".md", ".csproj", ".props", ".editorconfig"], _ => true, TidyRules.Words);

    [Fact]
    public void Functions_fit_a_screen_and_files_a_few_hundred_lines() => Check([".cs"], _ => true, TidyRules.Lengths);

    [Fact]
    public void Code_on_a_reactor_neither_locks_nor_waits() =>
        Check([".cs"], path => s_reactorFolders.Any(folder => path.StartsWith(folder + "/", StringComparison.Ordinal)), TidyRules.Reactor);

    [Fact]
    public void Pages_have_one_title_and_can_be_read() => Check([".md"], _ => true, TidyRules.Page);

    [Fact]
    public void The_hardware_layer_knows_nothing_of_NVMe() =>
        Check([".cs"], path => path.StartsWith("hal/", StringComparison.Ordinal), text => Mentions(text, "Nvmepf." + "Spec", "Nvmepf." + "Firmware"));

    [Fact]
    public void The_userspace_host_shares_layouts_and_system_calls_only() => Check(
        [".cs", ".csproj"],
        path => path.StartsWith("tools/HostDriver/", StringComparison.Ordinal),
        text => Mentions(text, "Nvmepf." + "Firmware", "Nvmepf.Hal." + "VfioUser", "Hal.csp" + "roj", "Firmware.csp" + "roj"));

    [Fact]
    public void The_SoC_model_knows_nothing_of_the_driver_that_it_judges() => Check(
        [".cs", ".csproj"],
        path => path.StartsWith("tools/SocModel/", StringComparison.Ordinal) && !path.StartsWith("tools/SocModel/Server/", StringComparison.Ordinal),
        text => Mentions(text, "Nvmepf.Hal.Rk" + "3588", "Nvmepf.Hal.Design" + "Ware", "Nvmepf.Spec", "Nvmepf.Firm" + "ware"));

    [Theory]
    [InlineData("int a; \n")]
    [InlineData("\tint a;\n")]
    [InlineData("int a;\r\n")]
    [InlineData("// caf\u00e9\n")]
    [InlineData("int a;")]
    public void The_rule_on_text_can_fail(string text) => Assert.NotEmpty(TidyRules.Text(text));

    [Theory]
    [InlineData("// TO" + "DO: later\n")]
    [InlineData("see /wo" + "rk/main\n")]
    [InlineData("deb http://deb.deb" + "ian.org/debian\n")]
    public void The_rule_on_words_can_fail(string text) => Assert.NotEmpty(TidyRules.Words(text));

    [Fact]
    public void The_rule_on_lengths_can_fail()
    {
        string body = string.Concat(Enumerable.Repeat("        a++;\n", TidyRules.FunctionLinesMax + 1));
        Assert.NotEmpty(TidyRules.Lengths("class A\n{\n    void F()\n    {\n" + body + "    }\n}\n"));
        Assert.Empty(TidyRules.Lengths("class A\n{\n    void F()\n    {\n        a++;\n    }\n}\n"));
        Assert.NotEmpty(TidyRules.Lengths(new string('\n', TidyRules.FileLinesMax + 1)));
    }

    [Theory]
    [InlineData("        lock (_gate)\n")]
    [InlineData("    private async void F()\n")]
    [InlineData("        Thread.Sleep(1);\n")]
    public void The_rule_on_reactors_can_fail(string text) => Assert.NotEmpty(TidyRules.Reactor(text));

    [Fact]
    public void The_rule_on_reactors_ignores_comments() => Assert.Empty(TidyRules.Reactor("    // never a lock (it would wait)\n"));

    [Fact]
    public void The_rule_on_pages_can_fail()
    {
        Assert.NotEmpty(TidyRules.Page("# One\n# Two\n"));
        Assert.NotEmpty(TidyRules.Page("no title\n"));
        Assert.NotEmpty(TidyRules.Page("# One\n" + new string('\n', TidyRules.PageLinesMax)));
        Assert.Empty(TidyRules.Page("# One\n```\n# a comment\n```\n"));
    }

    private static IEnumerable<string> Mentions(string text, params string[] names) =>
        names.Where(name => text.Contains(name, StringComparison.Ordinal)).Select(name => $"mentions {name}");

    private static void Check(string[] endings, Func<string, bool> isMeant, Func<string, IEnumerable<string>> rule)
    {
        int seen = 0;
        var wrong = new List<string>();
        foreach (string path in Files().Where(path => endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)) && isMeant(path)))
        {
            seen++;
            wrong.AddRange(rule(File.ReadAllText(Path.Combine(s_root, path))).Select(problem => $"{path}: {problem}"));
        }

        Assert.True(seen > 0, "no file was looked at");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(50)));
    }

    private static IEnumerable<string> Files()
    {
        foreach (string top in new[] { "firmware", "hal", "tests", "tools", "docs" })
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(s_root, top), "*", SearchOption.AllDirectories))
            {
                string path = Path.GetRelativePath(s_root, file).Replace('\\', '/');
                if (!path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
                {
                    yield return path;
                }
            }
        }

        foreach (string name in new[] { "README.md", "build.sh", "Directory.Build.props", ".editorconfig" })
        {
            yield return name;
        }
    }

    private static string FindRoot()
    {
        string? folder = Environment.GetEnvironmentVariable("NVMEPF_ROOT") ?? AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Firmware.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("no folder with Firmware.sln: set NVMEPF_ROOT to the checkout");
    }
}
