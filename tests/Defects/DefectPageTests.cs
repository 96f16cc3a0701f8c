using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Nvmepf.Tests.Defects;

/// <summary>docs/defects.md: every defect has a row, and every test that a row names exists and is run.</summary>
public sealed partial class DefectPageTests
{
    private const int Defects = 16;

    [Fact]
    public void Every_defect_has_an_answer_and_a_test_that_exists()
    {
        string[] rows = [.. File.ReadLines(Path.Combine(FindRoot(), "docs", "defects.md")).Where(line => Row().IsMatch(line))];
        Assert.Equal(Enumerable.Range(1, Defects).Select(number => $"{number}"), rows.Select(row => Row().Match(row).Groups[1].Value));
        foreach (string row in rows)
        {
            string[] cells = row.Trim('|').Split('|');
            Assert.True(cells.Length == 4, $"a number, a defect, an answer, tests: {row}");
            Assert.All(cells, cell => Assert.NotEqual(string.Empty, cell.Trim()));
            MatchCollection names = Name().Matches(cells[3]);
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.True(IsTest(name.Groups[1].Value), $"{name.Groups[1].Value} is no test of this assembly"));
        }
    }

    [Theory]
    [InlineData("Defects.DefectPageTests.Every_defect_has_an_answer_and_a_test_that_exists", true)]
    [InlineData("Defects.DefectPageTests.No_such_test", false)]
    [InlineData("Defects.DefectPageTests.IsTest", false)]
    [InlineData("Defects.NoSuchClass.Every_defect_has_an_answer_and_a_test_that_exists", false)]
    public void A_name_is_found_or_not(string name, bool expected) => Assert.Equal(expected, IsTest(name));

    private static bool IsTest(string name)
    {
        int dot = name.LastIndexOf('.');
        MethodInfo? method = typeof(DefectPageTests).Assembly.GetType($"Nvmepf.Tests.{name[..dot]}")?.GetMethod(name[(dot + 1)..]);
        return method?.GetCustomAttribute<FactAttribute>() is { Skip: null };
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

    [GeneratedRegex(@"^\| *(\d+) *\|")]
    private static partial Regex Row();

    [GeneratedRegex(@"`([A-Z]\w*\.[A-Z]\w*\.\w+)`")]
    private static partial Regex Name();
}
