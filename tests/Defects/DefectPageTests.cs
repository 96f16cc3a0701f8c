using System.Linq;
using Xunit;

namespace Nvmepf.Tests.Defects;

/// <summary>docs/defects.md: every defect has a row, and every test that a row names exists and is run.</summary>
public sealed class DefectPageTests
{
    private const int Defects = 16;

    [Fact]
    public void Every_defect_has_an_answer_and_a_test_that_exists()
    {
        DefectRow[] rows = DefectPage.Rows();
        Assert.Equal(Enumerable.Range(1, Defects), rows.Select(row => row.Number));
        foreach (DefectRow row in rows)
        {
            Assert.True(row.Cells.Length == 5, $"row {row.Number} is a number, a defect, an answer, tests, an argument");
            Assert.Equal($" `{row.Number:00}-` ", row.Cells[4]);
            Assert.All(row.Cells, cell => Assert.NotEqual(string.Empty, cell.Trim()));
            Assert.NotEmpty(row.Tests);
            Assert.All(row.Tests, name => Assert.True(DefectPage.IsTest(name), $"{name} is no test of this assembly"));
        }
    }

    [Theory]
    [InlineData("Defects.DefectPageTests.Every_defect_has_an_answer_and_a_test_that_exists", true)]
    [InlineData("Defects.DefectPageTests.No_such_test", false)]
    [InlineData("Defects.DefectPageTests.IsTest", false)]
    [InlineData("Defects.NoSuchClass.Every_defect_has_an_answer_and_a_test_that_exists", false)]
    public void A_name_is_found_or_not(string name, bool expected) => Assert.Equal(expected, DefectPage.IsTest(name));
}
