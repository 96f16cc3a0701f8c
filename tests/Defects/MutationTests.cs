using System.Linq;
using System.Text.RegularExpressions;
using Nvmepf.Mutations;
using Xunit;

namespace Nvmepf.Tests.Defects;

/// <summary>
/// The mutations that <c>./build.sh defects</c> builds in: each fits today's sources and names tests that exist, and those of docs/defects.md
/// cover every test that the page names. That the tests fail on them is shown by that command, not here.
/// </summary>
public sealed partial class MutationTests
{
    private static readonly string s_root = DefectPage.FindRoot();

    public static TheoryData<string> All => [.. Program.Folders.SelectMany(folder => Read(folder).Select(mutation => $"{folder}/{mutation.Name}"))];

    [Theory]
    [MemberData(nameof(All))]
    public void A_mutation_fits_the_sources_and_names_tests_that_exist(string path)
    {
        Mutation mutation = Read(Path.GetDirectoryName(path)!).Single(each => each.Name == Path.GetFileName(path));
        foreach (IGrouping<string, Replacement> file in mutation.Replacements.GroupBy(each => each.File))
        {
            string text = File.ReadAllText(Path.Combine(s_root, file.Key));
            Assert.NotEqual(text, file.Aggregate(text, (before, replacement) => replacement.Apply(before)));
        }

        Assert.All(mutation.Tests, test => Assert.True(DefectPage.IsTest(test), $"{test} is no test of this assembly"));
    }

    [Fact]
    public void The_tests_of_each_row_of_the_page_are_those_of_its_mutations()
    {
        foreach (DefectRow row in DefectPage.Rows())
        {
            IEnumerable<string> proven = Read(Program.ReferenceFolder).Where(mutation => RowOf(mutation.Name) == row.Number).SelectMany(mutation => mutation.Tests);
            Assert.True(
                row.Tests.ToHashSet().SetEquals(proven),
                $"row {row.Number}: the page names {string.Join(", ", row.Tests)}; its mutations are to be caught by {string.Join(", ", proven)}");
        }
    }

    [Theory]
    [InlineData("a\nb\nc\n", "b\n", "x\n", "a\nx\nc\n")]
    [InlineData("a\nb\nc\n", "b\n", "", "a\nc\n")]
    [InlineData("ab\nb\n", "b\n", "x\n", "ab\nx\n")] // whole lines
    [InlineData("a\na\n", "a\n", "x\n", null)]
    [InlineData("a\n", "b\n", "x\n", null)]
    public void Lines_are_replaced_where_they_stand_once(string source, string today, string defect, string? expected)
    {
        Replacement replacement = new("file", today, defect);
        if (expected is null)
        {
            _ = Assert.Throws<MutationException>(() => replacement.Apply(source));
        }
        else
        {
            Assert.Equal(expected, replacement.Apply(source));
        }
    }

    [Theory]
    [InlineData("defect d\ncaught t\nfile f\n--- today\na\n--- with the defect\n---\n", true)]
    [InlineData("defect d\ncaught t\nfile f\n--- today\na\n--- with the defect\n", false)]
    [InlineData("defect d\ncaught t\nfile f\n--- today\n--- with the defect\n---\n", false)]
    [InlineData("defect d\nfile f\n--- today\na\n--- with the defect\n---\n", false)]
    [InlineData("caught t\nfile f\n--- today\na\n--- with the defect\n---\n", false)]
    [InlineData("defect d\ncaught t\n--- today\na\n--- with the defect\n---\n", false)]
    [InlineData("defect d\ncaught t\nfile f\nother\n--- today\na\n--- with the defect\n---\n", false)]
    public void A_mutation_has_all_its_parts(string text, bool isGood)
    {
        Exception? thrown = Record.Exception(() => Mutation.Parse("name", text));
        Assert.Equal(isGood ? null : typeof(MutationException), thrown?.GetType());
    }

    private static Mutation[] Read(string folder) => Mutation.ReadFolder(Path.Combine(s_root, folder));

    private static int RowOf(string name) => int.Parse(Number().Match(name).Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\d\d")]
    private static partial Regex Number();
}
