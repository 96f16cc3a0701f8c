using System.Globalization;
using System.Security;

namespace Nvmepf.HostDriver.Suite;

/// <summary>The suite as a picture: a bar for each workload, and marks where its limit lies and what fio got. The scale is logarithmic: rates span four decades.</summary>
internal static class SuiteSvg
{
    private const int LabelWidth = 200;
    private const int ChartWidth = 640;
    private const int FigureWidth = 130;
    private const int RowHeight = 18;
    private const int Top = 62;
    private const double LowestRate = 1e3;
    private const double Decades = 5;

    internal static void Write(TextWriter output, SuiteResult result)
    {
        int bottom = Top + (RowHeight * result.Cases.Count);
        int width = LabelWidth + ChartWidth + FigureWidth;
        output.WriteLine(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{bottom + 30}\" font-family=\"sans-serif\" font-size=\"11\">");
        output.WriteLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        output.WriteLine(
            "<text x=\"8\" y=\"16\" font-size=\"13\">nvmepf, commands a second, and their share of the limit measured in the same run (black); red: fio on the same file</text>");
        output.WriteLine($"<text x=\"8\" y=\"32\" fill=\"#666\">{SecurityElement.Escape(result.Machine)}</text>");
        for (int decade = 0; decade <= Decades; decade++)
        {
            string x = At(LowestRate * Math.Pow(10, decade));
            output.WriteLine($"<line x1=\"{x}\" y1=\"{Top - 6}\" x2=\"{x}\" y2=\"{bottom + 6}\" stroke=\"#ddd\"/>");
            foreach (int y in (int[])[Top - 10, bottom + 20])
            {
                output.WriteLine($"<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#666\">{Scale(decade)}</text>");
            }
        }

        for (int i = 0; i < result.Cases.Count; i++)
        {
            WriteRow(output, result.Cases[i], Top + (i * RowHeight));
        }

        output.WriteLine("</svg>");
    }

    private static void WriteRow(TextWriter output, CaseResult item, int y)
    {
        string color = item.Name.StartsWith("null", StringComparison.Ordinal) ? "#4c78a8" : item.Name.StartsWith("ram", StringComparison.Ordinal) ? "#59a14f" : "#e1812c";
        double width = Position(item.CommandsPerSecond) - LabelWidth;
        output.WriteLine($"<text x=\"{LabelWidth - 6}\" y=\"{y + 10}\" text-anchor=\"end\">{SecurityElement.Escape(item.Name)}</text>");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:0.0}\" height=\"{RowHeight - 6}\" fill=\"{color}\"/>"));
        WriteMark(output, item.FioOperationsPerSecond, y, "#c00");
        WriteMark(output, item.LimitCommandsPerSecond, y, "black");

        // In columns of their own: beside the bar the mark of the limit would go through them.
        WriteFigure(output, LabelWidth + ChartWidth + 76, y, string.Create(CultureInfo.InvariantCulture, $"{item.CommandsPerSecond / 1e3:0.#} k"));
        WriteFigure(
            output, LabelWidth + ChartWidth + 120, y, double.IsNaN(item.ShareOfLimit) ? "-" : item.ShareOfLimit.ToString("0.00", CultureInfo.InvariantCulture));
    }

    private static void WriteFigure(TextWriter output, int end, int y, string figure) =>
        output.WriteLine($"<text x=\"{end}\" y=\"{y + 10}\" text-anchor=\"end\">{figure}</text>");

    private static void WriteMark(TextWriter output, double rate, int y, string color)
    {
        if (rate > 0)
        {
            string x = At(rate);
            output.WriteLine($"<line x1=\"{x}\" y1=\"{y - 2}\" x2=\"{x}\" y2=\"{y + RowHeight - 4}\" stroke=\"{color}\" stroke-width=\"2\"/>");
        }
    }

    private static double Position(double rate) =>
        LabelWidth + (ChartWidth * Math.Clamp(Math.Log10(Math.Max(rate, LowestRate) / LowestRate) / Decades, 0, 1));

    private static string At(double rate) => Position(rate).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Scale(int decade) => decade switch { 0 => "1 k", 1 => "10 k", 2 => "100 k", 3 => "1 M", 4 => "10 M", _ => "100 M" };
}
