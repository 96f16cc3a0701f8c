using Nvmepf.SocModel;
using Nvmepf.SocModel.Server;
using Xunit;

namespace Nvmepf.Tests.SocServer;

public sealed class AccessLogTests : IDisposable
{
    private const ulong Ltssm = SocMap.Apb + 0x300;
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Every_write_is_a_line_with_address_name_and_value()
    {
        string[] lines = Log(log =>
        {
            log.Write(SocMap.Apb + 0x180, 4, 0x0012_0012, isTaken: true);
            log.Write(SocMap.Apb + 0x180, 4, 0x0012_0012, isTaken: true);
        });
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.EndsWith("W4 0xfe150180 APB.HOT_RESET_CTRL 0x00120012", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Reads_that_give_the_same_are_counted_until_the_value_changes()
    {
        string[] lines = Log(log =>
        {
            for (int i = 0; i < 100; i++)
            {
                log.Read(Ltssm, 4, 0x2, isAnswered: true);
                log.Read(SocMap.Apb + 0x10, 4, 0, isAnswered: true);
            }

            log.Read(Ltssm, 4, 0x30011, isAnswered: true);
        });
        Assert.Contains("R4 0xfe150300 APB.LTSSM_STATUS 0x00000002", lines[0], StringComparison.Ordinal);
        Assert.Contains("R4 0xfe150010 APB.INTR_STATUS_MISC 0x00000000", lines[1], StringComparison.Ordinal);
        Assert.Contains("APB.LTSSM_STATUS read 99 more times, the same", lines[2], StringComparison.Ordinal);
        Assert.Contains("R4 0xfe150300 APB.LTSSM_STATUS 0x00030011", lines[3], StringComparison.Ordinal);
        Assert.Contains("APB.INTR_STATUS_MISC read 99 more times, the same", lines[4], StringComparison.Ordinal);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public void A_write_between_two_equal_reads_shows_both()
    {
        string[] lines = Log(log =>
        {
            log.Read(Ltssm, 4, 0, isAnswered: true);
            log.Write(Ltssm, 4, 0, isTaken: true);
            log.Read(Ltssm, 4, 0, isAnswered: true);
        });
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void A_bus_fault_is_said()
    {
        string[] lines = Log(log => log.Read(SocMap.Dbi, 4, uint.MaxValue, isAnswered: false));
        Assert.EndsWith("DBI.VENDOR_DEVICE_ID 0xffffffff BUS FAULT", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_data_path_is_counted_after_its_first_lines_and_shown_again_after_an_event()
    {
        const int Many = 1000;
        string[] lines = Log(log =>
        {
            for (int i = 0; i < Many; i++)
            {
                log.Write(SocMap.Outbound + 0x40, 4, (ulong)i, isTaken: true);
            }

            log.Note("link down");
            log.Write(SocMap.Outbound + 0x40, 4, Many, isTaken: true);
        });
        int shown = Array.FindIndex(lines, line => line.Contains("more accesses", StringComparison.Ordinal));
        Assert.InRange(shown, 1, Many - 1);
        Assert.EndsWith($" {Many - shown} more accesses to the eDMA and the window", lines[shown], StringComparison.Ordinal);
        Assert.EndsWith("-- link down", lines[shown + 1], StringComparison.Ordinal);
        Assert.EndsWith("WINDOW+40 0x000003e8", lines[shown + 2], StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);

    private string[] Log(Action<AccessLog> use)
    {
        using (AccessLog log = new(_path))
        {
            use(log);
        }

        return File.ReadAllLines(_path);
    }
}
