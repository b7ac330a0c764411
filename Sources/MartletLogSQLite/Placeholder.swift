// MartletLogSQLite
