using System.Text;
using Nvmepf.Firmware.Diagnostics;
using Xunit;

namespace Nvmepf.Tests.Diagnostics;

public sealed class LogLineTests
{
    [Theory]
    [InlineData(0, "Enabling controller", 0, 0, 0, "[    0.000000] nvmepf: Enabling controller\n")]
    [InlineData(1_234_567_890, "a", 0, 0, 0, "[    1.234567] nvmepf: a\n")]
    [InlineData(59_999_999_999, "a", 0, 0, 0, "[   59.999999] nvmepf: a\n")]
    [InlineData(123_456_000_000_000, "a", 0, 0, 0, "[123456.000000] nvmepf: a\n")]
    [InlineData(0, "{0} and {1}", 7, -8, 0, "[    0.000000] nvmepf: 7 and -8\n")]
    [InlineData(0, "{1}{0}{0}", 1, 2, 0, "[    0.000000] nvmepf: 211\n")]
    [InlineData(0, "{0}", long.MinValue, 0, 0, "[    0.000000] nvmepf: -9223372036854775808\n")]
    [InlineData(0, "{0:x4}h", 0xAB, 0, 0, "[    0.000000] nvmepf: 00abh\n")]
    [InlineData(0, "{1:x2}h", 0, 0x1234, 0, "[    0.000000] nvmepf: 1234h\n")]
    [InlineData(0, "{0:x8}", -1, 0, 0, "[    0.000000] nvmepf: ffffffffffffffff\n")]
    [InlineData(0, "{0:x1}", 0, 0, 0, "[    0.000000] nvmepf: 0\n")]
    [InlineData(0, "{0:x9}", 0, 0, 0, "[    0.000000] nvmepf: 000000000\n")]
    [InlineData(0, "{2} {0 {} {0:d} {0:x} {0:x0} {", 1, 2, 0, "[    0.000000] nvmepf: {2} {0 {} {0:d} {0:x} {0:x0} {\n")]
    [InlineData(0, "a", 0, 0, 12, "[    0.000000] nvmepf: a (12 more like it not shown)\n")]
    [InlineData(0, "a\u001b[31mb\nc\u00fc", 0, 0, 0, "[    0.000000] nvmepf: a?[31mb?c?\n")]
    public void A_line_has_this_form(long time, string text, long first, long second, long leftOut, string line) =>
        Assert.Equal(line, Format(text, first, second, leftOut, time));

    [Fact]
    public void A_long_line_is_cut_and_still_ends()
    {
        for (int length = LogLine.LengthMax - 40; length < LogLine.LengthMax + 40; length++)
        {
            string line = Format(new string('x', length) + "{0}{0:x9}", long.MinValue, 0, 5, 0);
            Assert.True(line.Length <= LogLine.LengthMax);
            Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        }
    }

    private static string Format(string text, long first, long second, long leftOut, long time)
    {
        byte[] line = new byte[LogLine.LengthMax];
        return Encoding.ASCII.GetString(line, 0, LogLine.Format(line, time, text, first, second, leftOut));
    }
}
